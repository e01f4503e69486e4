import { html, type Html } from './html.ts';

/** A table of values with their type and meaning, which scrolls by itself on a narrow screen. */
export function renderTable(label: string, firstHeading: string, rows: readonly Html[]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="${label}">
    <table>
      <thead>
        <tr>
          <th scope="col">${firstHeading}</th>
          <th scope="col">Type</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
