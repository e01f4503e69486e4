import { bulkDeviceSchema, MAX_BULK_DEVICES } from '@nexmdm/contracts';
import { checkValue, fieldErrors } from '@nexmdm/service';

/** A line of the body that isn't empty, from 1: what it holds, or why that can't be told. */
export type ReadLine = { line: number } & ({ value: unknown } | { problem: string });

/** Why nothing of the body is registered. */
export interface LineProblem {
  line: number;
  message: string;
}

/** A device to register. */
export interface BulkLine {
  line: number;
  alias: string;
  hardwareId: string | null;
}

export interface CheckedLines {
  /** Valid as far as can be told without the database. */
  devices: BulkLine[];
  problems: LineProblem[];
}

/** Checks each line by itself and against those before it. */
export function checkLines(lines: readonly ReadLine[]): CheckedLines {
  const devices: BulkLine[] = [];
  const problems: LineProblem[] = [];
  const lineOfAlias = new Map<string, number>();
  for (const read of lines.slice(0, MAX_BULK_DEVICES)) {
    const device = checkLine(read);
    const earlier = 'alias' in device ? lineOfAlias.get(device.alias) : undefined;
    if ('message' in device) {
      problems.push(device);
    } else if (earlier === undefined) {
      lineOfAlias.set(device.alias, device.line);
      devices.push(device);
    } else {
      problems.push({ line: device.line, message: `alias: is the same as in line ${earlier}` });
    }
  }
  const beyond = lines[MAX_BULK_DEVICES];
  if (beyond !== undefined) {
    const message = `is one too many: a request takes at most ${MAX_BULK_DEVICES} devices`;
    problems.push({ line: beyond.line, message });
  }
  if (lines.length === 0) problems.push({ line: 1, message: 'there is no device in the body' });
  return { devices, problems };
}

function checkLine(read: ReadLine): BulkLine | LineProblem {
  const { line } = read;
  if ('problem' in read) return { line, message: read.problem };
  const parsed = checkValue(bulkDeviceSchema, read.value);
  if (parsed.success) {
    return { line, alias: parsed.data.alias, hardwareId: parsed.data.hardware_id ?? null };
  }
  const message = fieldErrors(parsed.error)
    .map((error) => (error.path === '' ? error.message : `${error.path}: ${error.message}`))
    .join('; ');
  return { line, message };
}
