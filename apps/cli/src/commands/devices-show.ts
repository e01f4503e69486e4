import { stringifyExactJson } from '@nexmdm/contracts';
import type { CommandContext } from '../command-context.ts';
import { ageText } from '../age-text.ts';
import { fetchDevice } from '../device-request.ts';
import { textTable } from '../text-table.ts';

export interface ShowDeviceOptions {
  json?: true;
}

const HEADINGS = ['FIELD', 'VALUE'];
/** Times that matter by how long ago they were. */
const AGED = ['last_seen', 'last_ts'];

/** @throws CommandError when there is no such device, or the service can't be asked */
export async function showDevice(
  id: string,
  { json }: ShowDeviceOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const device = await fetchDevice(readConfig(), id);
  if (json) output.printJson(device);
  else output.print(textTable(HEADINGS, Object.entries(device).map(tableRow)));
}

function tableRow([field, value]: [string, unknown]): [string, string | null] {
  return [field, valueText(field, value)];
}

function valueText(field: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'string') return stringifyExactJson(value);
  return AGED.includes(field) ? `${value} (${ageText(value)})` : value;
}
