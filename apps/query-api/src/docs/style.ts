/** The look of the page: readable on a phone, in the dark and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --line: #d5d9e0; --soft: #f4f5f8; --faint: #5b6472; --link: #0b57d0; --get: #0b6e4f; --post: #0b57d0; --put: #8a4b00; --patch: #6b3fa0; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --line: #3a404b; --soft: #22262e; --faint: #a3adbb; --link: #8ab4f8; --get: #6fd3ae; --post: #8ab4f8; --put: #f0b46a; --patch: #c7a6f5; --delete: #f2958f; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: Canvas; }
nav { padding: 1rem; border-bottom: 1px solid var(--line); font-size: .875rem; }
nav ul { list-style: none; margin: .25rem 0 .75rem; padding: 0; }
nav a { text-decoration: none; overflow-wrap: anywhere; }
nav a:hover, nav a:focus { text-decoration: underline; }
.brand { margin: 0 0 .75rem; font-weight: 600; }
main { padding: 1rem; max-width: 62rem; }
h1 { font-size: 1.75rem; margin: .5rem 0; }
h2 { margin: 3rem 0 .5rem; padding-bottom: .25rem; border-bottom: 2px solid var(--line); }
h2::first-letter { text-transform: uppercase; }
h3 { margin: 2.5rem 0 .5rem; overflow-wrap: anywhere; }
h4 { margin: 1.25rem 0 .25rem; }
small { color: var(--faint); font-weight: normal; }
.summary { font-weight: 600; }
.method { display: inline-block; min-width: 4em; font: 600 .75em ui-monospace, monospace; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); } .patch { color: var(--patch); } .delete { color: var(--delete); }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: .75rem; overflow-x: auto; background: var(--soft); border: 1px solid var(--line); border-radius: 6px; }
pre code { overflow-wrap: normal; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--faint); font-weight: 600; }
tbody th { font-weight: normal; }
th code, td:first-child code { white-space: nowrap; }
.limits { display: block; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .25rem 0; }
dt { font-family: ui-monospace, monospace; } dd { margin: 0; }
@media (min-width: 70rem) {
  body { display: grid; grid-template-columns: 22rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border-bottom: 0; border-right: 1px solid var(--line); }
  main { padding: 1rem 2.5rem 4rem; }
}
@media print { nav { display: none; } }
`;
