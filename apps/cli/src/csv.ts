/**
 * Lines of CSV (RFC 4180) without the last line end. Every field is in quotes and exactly what it is:
 * a program must get it back as it was. A spreadsheet takes some, such as a token that begins with
 * `-`, for formulas all the same.
 */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(csvField).join(',')).join('\n');
}

function csvField(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
