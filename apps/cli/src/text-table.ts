import stringWidth from 'string-width';

const GAP = '  ';
/** Control and format characters: what a device sends must not steer the operator's terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Columns aligned by how wide their text is shown, a heading above each; `-` for what isn't there. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  const table = [headings, ...rows.map((row) => row.map(cellText))];
  const widths = headings.map((_, column) =>
    table.reduce((widest, row) => Math.max(widest, stringWidth(row[column] ?? '')), 0),
  );
  return table
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - stringWidth(cell)))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '\uFFFD');
}

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return '-';
  return printable(String(value));
}
