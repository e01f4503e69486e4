import { MAX_BULK_DEVICES } from '@nexmdm/contracts';
import { CsvError, parse } from 'csv-parse/sync';
import type { ReadLine } from './bulk-lines.ts';

interface CsvRecord {
  /** Where it begins. */
  line: number;
  fields: string[];
}

/** Far more than two values take; a quote that is left open would go on to the end. */
const MAX_RECORD_CHARACTERS = 16_384;
const COLUMNS = ['alias', 'hardware_id'];

/**
 * Reads CSV with a header, in whatever order its columns are. Space around values, empty lines and a
 * byte order mark don't matter. It stops after one device more than are taken.
 */
export function readCsv(text: string): ReadLine[] {
  const { records, unreadable } = splitRecords(text);
  const [header, ...rest] = records;
  if (header === undefined) {
    const problem = 'there is no header; the first line has to be "alias" or "alias,hardware_id"';
    return [unreadable ?? { line: 1, problem }];
  }
  const wrong = headerProblem(header.fields);
  if (wrong !== undefined) return [{ line: header.line, problem: wrong }];

  const [aliasAt = -1, hardwareAt = -1] = COLUMNS.map((column) => header.fields.indexOf(column));
  const lines = rest.map(({ line, fields }): ReadLine => {
    if (fields.length !== header.fields.length) {
      const problem = `has ${fields.length} values, and the header has ${header.fields.length}`;
      return { line, problem };
    }
    return { line, value: { alias: fields[aliasAt], hardware_id: fields[hardwareAt] || null } };
  });
  return unreadable === undefined ? lines : [...lines, unreadable];
}

function headerProblem(fields: readonly string[]): string | undefined {
  const unknown = fields.filter((field) => !COLUMNS.includes(field));
  if (unknown.length > 0) {
    const named = unknown.map((field) => `"${field.slice(0, 50)}"`).join(', ');
    return `the header has columns that are not known: ${named.slice(0, 150)}; there are alias and hardware_id, with a comma between`;
  }
  if (new Set(fields).size < fields.length) return 'the header has a column twice';
  return fields.includes('alias') ? undefined : 'the header has no column alias';
}

function splitRecords(text: string): { records: CsvRecord[]; unreadable?: ReadLine } {
  const records: CsvRecord[] = [];
  // Where the record before ended; empty lines come between.
  let seen = { lines: 0, empty: 0 };
  try {
    // The parser counts a line end of two characters within quotes twice.
    parse(text.replaceAll(/\r\n?/g, '\n'), {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      record_delimiter: '\n',
      max_record_size: MAX_RECORD_CHARACTERS,
      // The header, and one too many.
      to: MAX_BULK_DEVICES + 2,
      on_record(fields, { lines, empty_lines }) {
        records.push({ line: seen.lines + 1 + empty_lines - seen.empty, fields });
        seen = { lines, empty: empty_lines };
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const problem = `neither this nor what follows could be read; a quote may be missing: ${error.message}`;
    return { records, unreadable: { line: seen.lines + 1, problem } };
  }
  return { records };
}
