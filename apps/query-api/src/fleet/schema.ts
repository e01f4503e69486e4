import {
  fleetCountsSchema,
  offlineGroupBySchema,
  timeSchema,
  troubledDeviceSchema,
} from '@nexmdm/contracts';
import { DEVICE_SORTS, type DeviceFilter } from '@nexmdm/db';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import {
  booleanParameter,
  cursorParameter,
  integerParameter,
  limitParameter,
  textParameter,
} from '../api/parameters.ts';
import { cursorPaginationSchema } from '../devices/schema.ts';
import { readPathHeaders } from './fleet-reader.ts';

const DAYS_90 = 90 * 86_400;

/** What narrows down a list of troubled devices; they combine. */
const narrowing = {
  search: textParameter.optional().describe('part of the alias, in any case'),
  ssid: textParameter.optional(),
  carrier: textParameter.optional(),
  app_version: textParameter.optional().describe("the agent's version"),
  model: textParameter.optional(),
  battery_lt: integerParameter(0, 101).optional().describe('battery below this many percent'),
};

type Narrowing = z.output<z.ZodObject<typeof narrowing>>;

export function toNarrowingFilter(query: Narrowing): DeviceFilter {
  return {
    search: query.search,
    ssid: query.ssid,
    carrier: query.carrier,
    appVersion: query.app_version,
    model: query.model,
    batteryBelow: query.battery_lt,
  };
}

const pageParameters = { limit: limitParameter(100), cursor: cursorParameter };
const sortParameter = z.enum(DEVICE_SORTS);

const troubledPageSchema = z.strictObject({
  devices: z.array(troubledDeviceSchema),
  pagination: cursorPaginationSchema,
});

const share = z.number().min(0);

const offlineGroupsSchema = z
  .strictObject({
    group_by: offlineGroupBySchema,
    offline: z.int().describe('offline devices of the fleet'),
    total: z.int().describe('devices of the fleet that were ever seen'),
    group_count: z.int().describe('groups with an offline device'),
    common_cause: z
      .string()
      .nullable()
      .describe('the value that at least half of the offline devices share, and that stands out'),
    groups: z
      .array(
        z.strictObject({
          value: z.string().nullable().describe('null: the devices of which it is not known'),
          offline: z.int(),
          total: z.int(),
          offline_share: share.describe('offline / total'),
          offline_share_elsewhere: share.describe('the same for the devices outside the group'),
          share_of_all_offline: share,
          first_last_seen: timeSchema.describe(
            'when the first of its offline devices was last seen',
          ),
          last_last_seen: timeSchema,
          stands_out: z
            .boolean()
            .describe('at least 3 and at least half are offline, twice the share elsewhere'),
        }),
      )
      .describe(
        'the one with the most offline devices first; of equals the largest, then by value',
      ),
  })
  .meta({ id: 'OfflineGroups' });

const WITH_LIST_ONLY = ['cursor', 'sort', 'max_offline_seconds', ...Object.keys(narrowing)];

export const listOfflineOperation = {
  method: 'get',
  path: '/v1/devices/offline',
  operationId: 'listOfflineDevices',
  tag: 'fleet',
  summary: 'The offline devices, and why; or what they have in common',
  description:
    'Devices that were seen, but not within three heartbeat intervals, those that went last first. With `group_by` the answer counts them by what they have in common and says whether one value stands out, the group with the most offline devices first; `limit` is then the number of groups.',
  query: z
    .strictObject({
      ...narrowing,
      max_offline_seconds: integerParameter(1, DAYS_90)
        .optional()
        .describe('only devices that were seen within this time'),
      sort: sortParameter.optional().describe('default: -last_seen'),
      ...pageParameters,
      group_by: offlineGroupBySchema.optional(),
    })
    .superRefine((query, context) => {
      if (query.group_by === undefined) return;
      for (const name of WITH_LIST_ONLY) {
        if ((query as Record<string, unknown>)[name] === undefined) continue;
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'must not be given together with group_by',
        });
      }
    }),
  answers: {
    200: {
      description: 'The page, or with `group_by` the groups',
      schema: z.union([troubledPageSchema, offlineGroupsSchema]),
      headers: readPathHeaders,
    },
  },
  problems: { 400: 'The cursor is not one that this list gave out' },
} as const satisfies Operation;

export const listUnityDownOperation = {
  method: 'get',
  path: '/v1/devices/unity-down',
  operationId: 'listUnityDownDevices',
  tag: 'fleet',
  summary: 'Devices whose Unity app does not run, and why',
  description: 'Of the devices seen within 24 hours.',
  query: z.strictObject({
    ...narrowing,
    include_unknown: booleanParameter.default(false).describe('also where it is not known'),
    sort: sortParameter.default('alias'),
    ...pageParameters,
  }),
  answers: {
    200: { description: 'The page', schema: troubledPageSchema, headers: readPathHeaders },
  },
  problems: { 400: 'The cursor is not one that this list gave out' },
} as const satisfies Operation;

export const fleetCountsOperation = {
  method: 'get',
  path: '/v1/metrics',
  operationId: 'getFleetCounts',
  tag: 'fleet',
  summary: 'The fleet in numbers',
  description:
    'Counted at most once in twenty times as long as counting takes: for a small fleet as good as fresh, for a million devices a few seconds old.',
  answers: {
    200: { description: 'The numbers', schema: fleetCountsSchema, headers: readPathHeaders },
  },
} as const satisfies Operation;
