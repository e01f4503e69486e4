import { html, Html } from './html.ts';

/**
 * The Markdown that descriptions use: paragraphs, lists with `-`, tables, `code` and **bold**.
 * Everything else, HTML above all, is text.
 */
export function markdown(text: string): Html {
  return new Html(
    text
      .split(/\n{2,}/)
      .map((block) => renderBlock(block.trim()).text)
      .join('\n'),
  );
}

function renderBlock(block: string): Html {
  const lines = block.split('\n');
  if (lines.length > 1 && lines.every((line) => line.startsWith('|'))) return renderTable(lines);
  if (lines[0]?.startsWith('- ') === true) {
    const items = block
      .split(/\n(?=- )/)
      .map((item) => html`<li>${inlineMarkdown(item.slice(2))}</li>`);
    return html`<ul>
      ${items}
    </ul>`;
  }
  return html`<p>${inlineMarkdown(block)}</p>`;
}

/** The second line only divides the head from the rest. */
function renderTable([head = '', , ...rows]: readonly string[]): Html {
  const headings = cellsOf(head).map((cell) => html`<th scope="col">${cell}</th>`);
  const body = rows.map(
    (row) =>
      html`<tr>
        ${cellsOf(row).map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  );
  return html`<div class="wide" tabindex="0" role="region" aria-label="Table">
    <table>
      <thead>
        <tr>
          ${headings}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

function cellsOf(row: string): Html[] {
  return row
    .slice(1, row.endsWith('|') ? -1 : undefined)
    .split('|')
    .map((cell) => inlineMarkdown(cell.trim()));
}

/** Code and bold within a line of text. */
export function inlineMarkdown(text: string): Html {
  return new Html(
    text
      .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
      .map((part) => {
        if (part.startsWith('`') && part.length > 1) return html`<code>${part.slice(1, -1)}</code>`;
        if (part.startsWith('**')) return html`<strong>${part.slice(2, -2)}</strong>`;
        return html`${part}`;
      })
      .map((part) => part.text)
      .join(''),
  );
}
