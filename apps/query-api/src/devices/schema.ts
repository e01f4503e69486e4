import { deviceSchema, deviceStatusSchema } from '@nexmdm/contracts';
import { DEVICE_SORTS, type DeviceFilter } from '@nexmdm/db';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import {
  booleanParameter,
  cursorParameter,
  int64Parameter,
  integerParameter,
  limitParameter,
  textParameter,
} from '../api/parameters.ts';
import { readPathHeaders } from '../fleet/fleet-reader.ts';

/** The most devices of a page with a number. */
const NUMBERED_LIMIT_MAX = 200;

/** Filters of the whole fleet; they combine. */
export const deviceFilterParameters = {
  status: deviceStatusSchema.optional().describe('online, offline or never seen'),
  unity: z
    .enum(['down', 'up'])
    .optional()
    .describe('whether the Unity app runs, of devices seen within 24 hours'),
  include_unknown: booleanParameter
    .optional()
    .describe('with unity=down: also where it is not known'),
  battery_lt: integerParameter(0, 101).optional().describe('battery below this many percent'),
  search: textParameter.optional().describe('part of the alias, in any case'),
  version_code: int64Parameter
    .optional()
    .describe('version code of the monitored app that is installed'),
};

type FilterParameters = z.output<z.ZodObject<typeof deviceFilterParameters>>;

/** For `.refine` of a query that has the filters. */
export const unknownWithoutDown: [
  (query: Pick<FilterParameters, 'include_unknown' | 'unity'>) => boolean,
  { path: string[]; message: string },
] = [
  (query) => query.include_unknown === undefined || query.unity === 'down',
  { path: ['include_unknown'], message: 'must be given together with unity=down' },
];

export function toDeviceFilter(query: FilterParameters): DeviceFilter {
  return {
    status: query.status,
    unity: query.unity,
    includeUnknownUnity: query.unity === 'down' ? query.include_unknown : undefined,
    batteryBelow: query.battery_lt,
    search: query.search,
    versionCode: query.version_code,
  };
}

const listDevicesQuery = z
  .strictObject({
    ...deviceFilterParameters,
    sort: z
      .enum(DEVICE_SORTS)
      .default('alias')
      .describe('`-` turns the order around; devices without the value come last'),
    limit: limitParameter(100),
    cursor: cursorParameter,
    page: integerParameter(1, 10_000_000)
      .optional()
      .describe('number of the page: the older form, with a limit of at most 200'),
  })
  .refine(({ page, cursor }) => page === undefined || cursor === undefined, {
    path: ['page'],
    message: 'must not be given together with cursor',
  })
  .refine(({ page, limit }) => page === undefined || limit <= NUMBERED_LIMIT_MAX, {
    path: ['limit'],
    message: `must be at most ${NUMBERED_LIMIT_MAX} with page`,
  })
  .refine(...unknownWithoutDown);

/** Of a list that is read by cursor. */
export const cursorPaginationSchema = z
  .strictObject({
    limit: z.int(),
    next_cursor: z.string().nullable(),
    total: z.int(),
    total_is_estimate: z.boolean().describe('beyond 10,000 the total is an estimate'),
  })
  .meta({ id: 'CursorPagination' });

const numberedPaginationSchema = z
  .strictObject({
    page: z.int(),
    limit: z.int(),
    total_count: z.int(),
    total_pages: z.int(),
    has_next: z.boolean(),
    has_prev: z.boolean(),
  })
  .meta({ id: 'NumberedPagination' });

export const listDevicesOperation = {
  method: 'get',
  path: '/v1/devices',
  operationId: 'listDevices',
  tag: 'devices',
  summary: 'A page of the fleet',
  description:
    'By cursor: pass `next_cursor` on until it is null. Sorted by `alias` or `created_at` every device comes exactly once, however many report meanwhile; `last_seen` and `battery_pct` change while one reads. The total is that of the first page. With `page` the pagination has the older form.',
  query: listDevicesQuery,
  answers: {
    200: {
      description: 'The page; `Link` has the next one, and with `page` the one before',
      schema: z.strictObject({
        devices: z.array(deviceSchema),
        pagination: z.union([cursorPaginationSchema, numberedPaginationSchema]),
      }),
      headers: readPathHeaders,
    },
  },
  problems: { 400: 'The cursor is not one that this list gave out' },
} as const satisfies Operation;

export const getDeviceOperation = {
  method: 'get',
  path: '/v1/devices/{id}',
  operationId: 'getDevice',
  tag: 'devices',
  summary: 'One device with its newest state',
  answers: {
    200: { description: 'The device', schema: deviceSchema, headers: readPathHeaders },
  },
  problems: { 404: 'There is no such device, or it was deleted' },
} as const satisfies Operation;
