import { deletedDeviceSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import { callApi } from '../api-client.ts';
import type { CommandContext } from '../command-context.ts';
import type { CliConfig } from '../config.ts';
import { queryApi } from '../query-api.ts';
import { textTable } from '../text-table.ts';

export type DeletedDevice = z.output<typeof deletedDeviceSchema>;

export interface ListDeletedOptions {
  /** Infinity for all. */
  limit: number;
  json?: true;
}

interface DeletedPage {
  devices: DeletedDevice[];
  /** Whether there are more after it. */
  more: boolean;
}

/** The most that the query API gives with one answer. */
const PAGE = 1_000;
const HEADINGS = ['ALIAS', 'DELETED', 'LAST SEEN', 'REGISTERED', 'ID'];

const pageSchema = z.object({
  devices: z.array(deletedDeviceSchema),
  pagination: z.object({ next_cursor: z.string().nullable() }),
});

/** @throws CommandError when the service can't be asked */
export async function listDeletedDevices(
  { limit, json }: ListDeletedOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const devices: DeletedDevice[] = [];
  let complete = true;
  for await (const page of deletedDevices(readConfig(), limit)) {
    devices.push(...page.devices);
    complete = !page.more;
  }
  if (json) {
    output.printJson({ devices, pagination: { complete } });
    return;
  }
  if (devices.length > 0) output.print(textTable(HEADINGS, devices.map(tableRow)));
  output.note(
    `${devices.length} deleted devices${complete ? '' : ', and more; --limit all shows all'}`,
  );
}

/**
 * Deleted devices page by page, the newest deletion first.
 *
 * @param limit how many at most
 * @throws CommandError
 */
export async function* deletedDevices(
  config: CliConfig,
  limit: number,
): AsyncGenerator<DeletedPage> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const query = { limit: String(Math.min(PAGE, left)), cursor };
    const request = { ...queryApi(config), path: '/v1/devices/deleted', query };
    const { devices, pagination } = await callApi(request, pageSchema);
    left -= devices.length;
    cursor = pagination.next_cursor ?? undefined;
    yield { devices, more: cursor !== undefined };
  } while (cursor !== undefined && left > 0);
}

function tableRow(device: DeletedDevice): (string | null)[] {
  return [device.alias, device.deleted_at, device.last_seen, device.created_at, device.id];
}
