import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import type { OpenApiDocument } from '../src/api/openapi-types.ts';
import { curlExample } from '../src/docs/curl.ts';
import { html } from '../src/docs/html.ts';
import { markdown } from '../src/docs/markdown.ts';
import { renderSchema } from '../src/docs/schema-table.ts';

/** Elements that have no end tag. */
const VOID_ELEMENTS = new Set(['meta', 'br', 'hr']);

let database: TestDatabase;
let app: AppProcess;
let document: OpenApiDocument;
let page: string;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startApp('query-api', { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url });
  document = (await (await fetch(`${app.url}/openapi.json`)).json()) as OpenApiDocument;
  page = await (await fetch(`${app.url}/docs`)).text();
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

/** What is wrong with how elements are nested; nothing when every one ends where it should. */
function nestingErrors(text: string): string[] {
  const open: string[] = [];
  const errors: string[] = [];
  const markup = text.replace(/<style>[^]*?<\/style>/, '');
  for (const [, slash, name = ''] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (VOID_ELEMENTS.has(name)) continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) errors.push(`</${name}> doesn't end what is open`);
  }
  return [...errors, ...open.map((name) => `<${name}> has no end`)];
}

describe('the page at /docs', () => {
  test('needs no key, and neither does /openapi.json; both say what they are', async () => {
    const answers = await Promise.all(
      ['/docs', '/openapi.json'].map((path) => fetch(app.url + path)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ headers }) => headers.get('content-type'))).toEqual([
      'text/html; charset=utf-8',
      'application/json; charset=utf-8',
    ]);
  });

  test('has every operation and every schema, and no link leads nowhere', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    expect(ids).toEqual(
      expect.arrayContaining([
        ...operations.map(({ operationId }) => operationId),
        ...Object.keys(document.components.schemas).map((name) => `schema-${name}`),
      ]),
    );
    const targets = [...page.matchAll(/\shref="#([^"]+)"/g)].map(([, target]) => target);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  test('has the headers of requests and of answers', () => {
    const section = (id: string) =>
      new RegExp(`<section\\s+class="operation"\\s+id="${id}"[^]*?</section>`).exec(page)?.[0] ??
      '';
    expect(section('changeDevice')).toMatch(/<code>x-operator<\/code>\s*<small>header<\/small>/);
    expect(section('getDevice')).toMatch(
      /Header <code>x-read-path<\/code> \(<code>fast<\/code> or <code>legacy<\/code>\)/,
    );
    expect(section('getDevice')).toContain('<small>with <code>Retry-After</code></small>');
  });

  test('is well-formed', () => {
    expect(nestingErrors(page)).toEqual([]);
    expect(nestingErrors('<p><b></p>')).toHaveLength(2);
  });

  test('has no script and takes nothing from elsewhere, and its policy allows its own style alone', async () => {
    expect(page.match(/<script|<link|<img|<iframe|@import|url\(|\sstyle="|\son\w+="/)).toBeNull();
    expect(page.match(/(href|src)="(?![#/])/)).toBeNull();
    const policy = (await fetch(`${app.url}/docs`)).headers.get('content-security-policy') ?? '';
    const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining(["default-src 'none'", `style-src 'sha256-${hash}'`]),
    );
  });

  test('can be read by who listens to it: a language, one first heading, tables with heads', () => {
    expect(page).toContain('<html lang="en">');
    expect(page.match(/<h1/g)).toHaveLength(1);
    const tables = page.match(/<table[^]*?<\/table>/g) ?? [];
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter((table) => !table.includes('scope="col"'))).toEqual([]);
  });
});

test('what is put into the page is text, whatever it holds', () => {
  const attack = `<script>alert("1")</script>&'`;
  const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;';
  expect(html`<p title="${attack}">${attack}</p>`.text).toBe(
    `<p title="${escaped}">${escaped}</p>`,
  );
  expect(markdown(attack).text).toBe(`<p>${escaped}</p>`);
  expect(markdown(`\`${attack}\` **${attack}**`).text).not.toContain('<script');
  const schema = { properties: { [attack]: { description: attack, enum: [attack] } } };
  expect(renderSchema(schema, attack).text).not.toContain('<script');
});

test.each([
  ['one\ntwo\n\nthree `a < b`', '<p>one\ntwo</p>\n<p>three <code>a &lt; b</code></p>'],
  ['- a **b**\n- c', '<ul><li>a <strong>b</strong></li><li>c</li></ul>'],
  ['2 * 3 ** 4, `', '<p>2 * 3 ** 4, `</p>'],
])('Markdown: %j', (text, expected) => {
  expect(markdown(text).text.replaceAll(/>\s+</g, '><').replaceAll('</p><p>', '</p>\n<p>')).toBe(
    expected,
  );
});

test('Markdown: a table', () => {
  const { text } = markdown('| a | b |\n|---|---|\n| `1` | <2> |');
  expect(nestingErrors(text)).toEqual([]);
  expect([...text.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell)).toEqual([
    'a',
    'b',
    '<code>1</code>',
    '&lt;2&gt;',
  ]);
});

test('an example request can be pasted into a shell', () => {
  const body = { content: { 'application/json': { schema: {}, example: { alias: "Tom's" } } } };
  const operation = {
    operationId: 'changeDevice',
    tags: ['registry'],
    summary: '',
    responses: {},
    parameters: [
      { name: 'id', in: 'path', required: true, schema: { examples: ['7'] } } as const,
      { name: 'from', in: 'query', required: true, schema: { examples: ['a b'] } } as const,
      { name: 'limit', in: 'query', required: false, schema: {} } as const,
      { name: 'x-operator', in: 'header', required: false, schema: {} } as const,
    ],
    requestBody: { required: true, ...body },
  };
  expect(curlExample('patch', '/v1/devices/{id}', operation)).toBe(
    `curl -s -X PATCH -H "x-admin: $KEY" -H 'content-type: application/json' ` +
      String.raw`-d '{"alias":"Tom'\''s"}' "$QUERY/v1/devices/7?from=a+b"`,
  );
});
