import { deviceStatusSchema, type DeviceStatus } from '@nexmdm/contracts';
import { z } from 'zod';
import { ageText } from '../age-text.ts';
import { callApi } from '../api-client.ts';
import type { CommandContext } from '../command-context.ts';
import { requireSetting } from '../command-error.ts';
import { textTable } from '../text-table.ts';

export interface ListDevicesCommandOptions {
  status?: DeviceStatus;
  unity?: 'down' | 'up';
  batteryLt?: number;
  search?: string;
  sort?: string;
  /** Infinity for all. */
  limit: number;
  json?: true;
}

/** What the table shows; the rest goes through to JSON as it came. */
const deviceSchema = z.looseObject({
  id: z.string(),
  alias: z.string(),
  status: deviceStatusSchema,
  last_seen: z.string().nullable(),
  battery_pct: z.number().nullable(),
  plugged: z.boolean().nullable(),
  network_type: z.string().nullable(),
  unity_running: z.boolean().nullable(),
  agent_version: z.string().nullable(),
  model: z.string().nullable(),
});

const pageSchema = z.object({
  devices: z.array(deviceSchema),
  pagination: z.object({
    next_cursor: z.string().nullable(),
    total: z.number(),
    total_is_estimate: z.boolean(),
  }),
});

type ListedDevice = z.output<typeof deviceSchema>;

/** The most that the query API gives with one answer. */
const PAGE = 1_000;
const HEADINGS = [
  'ALIAS',
  'STATUS',
  'LAST SEEN',
  'BATTERY',
  'NETWORK',
  'UNITY',
  'AGENT',
  'MODEL',
  'ID',
];

/** @throws CommandError when the service can't be asked */
export async function listDevices(
  options: ListDevicesCommandOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  const adminKey = requireSetting(config.adminKey, 'ADMIN_KEY');
  const devices: ListedDevice[] = [];
  let cursor: string | undefined;
  let total = { total: 0, total_is_estimate: false };
  do {
    const limit = String(Math.min(PAGE, options.limit - devices.length));
    const page = await callApi(
      {
        baseUrl: config.queryUrl,
        setting: 'QUERY_URL',
        adminKey,
        path: '/v1/devices',
        query: {
          limit,
          cursor,
          status: options.status,
          unity: options.unity,
          battery_lt: options.batteryLt?.toString(),
          search: options.search,
          sort: options.sort,
        },
      },
      pageSchema,
    );
    devices.push(...page.devices);
    const { next_cursor, ...rest } = page.pagination;
    cursor = next_cursor ?? undefined;
    total = rest;
  } while (cursor !== undefined && devices.length < options.limit);

  if (options.json) {
    output.printJson({ devices, pagination: { ...total, complete: cursor === undefined } });
    return;
  }
  if (devices.length > 0) output.print(textTable(HEADINGS, devices.map(tableRow)));
  const about = total.total_is_estimate ? 'about ' : '';
  output.note(
    `${devices.length} of ${about}${total.total} devices${cursor === undefined ? '' : '; --limit all shows all'}`,
  );
}

function tableRow(device: ListedDevice): (string | null)[] {
  const { battery_pct: battery, last_seen: lastSeen, unity_running: unity } = device;
  return [
    device.alias,
    device.status,
    lastSeen === null ? null : ageText(lastSeen),
    battery === null ? null : `${battery} %${device.plugged === true ? ' +' : ''}`,
    device.network_type,
    unity === null ? null : unity ? 'up' : 'down',
    device.agent_version,
    device.model,
    device.id,
  ];
}
