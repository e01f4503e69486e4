import { availabilitySchema, heartbeatBucketSchema, heartbeatViewSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { paginationSchema } from '../api/pagination-schema.ts';
import { cursorParameter, limitParameter, timeParameter } from '../api/parameters.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;
const SHORTEST_BUCKET_SECONDS = 60;
/** A leap year. */
const MAX_AVAILABILITY_DAYS = 366;

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: DAY_SECONDS };
const resolutionMessage = 'must be a length of time from 60 s to 1 day, such as 300, 5m, 1h or 1d';

/** The length of a bucket, in seconds. */
const resolutionParameter = z
  .string()
  .regex(/^\d{1,5}[smhd]?$/, resolutionMessage)
  .transform((text) => Number.parseInt(text, 10) * (SECONDS_OF_UNIT[text.at(-1) ?? ''] ?? 1))
  .pipe(
    z.number().min(SHORTEST_BUCKET_SECONDS, resolutionMessage).max(DAY_SECONDS, resolutionMessage),
  )
  .describe(
    'the length of a bucket, 60 s to 1 day; without it every heartbeat is an entry of its own. ' +
      'Buckets are counted from the epoch: those of `1d` are UTC days.',
  )
  .meta({
    parameter: {
      type: 'string',
      pattern: String.raw`^\d{1,5}[smhd]?$`,
      examples: ['5m', '1h', '300'],
    },
  });

const from = timeParameter
  .optional()
  .describe('the first moment that counts; 24 hours before `to` unless given');

/** Parameters of a device's history; without them the last 24 hours. */
const listHeartbeatsQuery = z
  .strictObject({
    from,
    to: timeParameter.optional().describe('the first moment that does not count any more'),
    limit: limitParameter(1_000),
    cursor: cursorParameter,
    resolution: resolutionParameter.optional(),
  })
  .transform(({ from: start, to, ...rest }) => {
    // A device's clock may run ahead of ours by minutes.
    const end = to ?? new Date(Date.now() + 10 * MINUTE_MS);
    const range = { to: end, from: start ?? new Date(end.getTime() - DAY_MS) };
    return { ...rest, ...range, asked: { from: start ?? null, to: to ?? null } };
  })
  .refine(({ from: start, to }) => start < to, { path: ['from'], message: 'must be before to' });

/** Where the page before ended. */
export const heartbeatPlaceSchema = z.object({ before: z.coerce.date() });

/** Where the page before ended; only for buckets of the same length. */
export function bucketPlaceSchema(resolutionSeconds: number) {
  return z.object({
    bucket: z.coerce.date(),
    resolution: z.literal(String(resolutionSeconds)),
  });
}

const heartbeatPageSchema = z
  .strictObject({
    heartbeats: z.array(heartbeatViewSchema),
    pagination: paginationSchema,
  })
  .meta({ id: 'HeartbeatPage' });

const heartbeatBucketPageSchema = z
  .strictObject({
    resolution_seconds: z.int(),
    heartbeats: z.array(heartbeatBucketSchema),
    pagination: paginationSchema,
  })
  .meta({ id: 'HeartbeatBucketPage' });

export const listHeartbeatsOperation = {
  method: 'get',
  path: '/v1/devices/{id}/heartbeats',
  operationId: 'listHeartbeats',
  tag: 'history',
  summary: 'The history of a device, newest first',
  description:
    'Every heartbeat, or with `resolution` what the heartbeats of a stretch of time have in common. ' +
    'A bucket without heartbeats is listed too, as a gap. Of the buckets at the borders of the range ' +
    'only the part within it counts. The history of a deleted device stays.',
  query: listHeartbeatsQuery,
  answers: {
    200: {
      description: 'A page of the history; of buckets when `resolution` was given',
      schema: z.union([heartbeatPageSchema, heartbeatBucketPageSchema]),
    },
  },
  problems: {
    400: 'The cursor is not one of this list: of this device, `from`, `to` and `resolution`',
    404: 'There never was such a device',
  },
} as const satisfies Operation;

const availabilityQuery = z
  .strictObject({
    from,
    to: timeParameter.optional().describe('the end of the time to look at; now unless given'),
  })
  .transform(({ from: start, to }) => {
    const now = new Date();
    const end = to ?? now;
    return { now, to: end, from: start ?? new Date(end.getTime() - DAY_MS) };
  })
  .refine(({ from: start, to }) => start < to, { path: ['from'], message: 'must be before to' })
  .refine(
    ({ from: start, to }) => to.getTime() - start.getTime() <= MAX_AVAILABILITY_DAYS * DAY_MS,
    {
      path: ['from'],
      message: `must be at most ${MAX_AVAILABILITY_DAYS} days before to`,
    },
  );

export const getAvailabilityOperation = {
  method: 'get',
  path: '/v1/devices/{id}/availability',
  operationId: 'getAvailability',
  tag: 'history',
  summary: 'How much of a time a device was heard from, and its gaps',
  description:
    'A gap is a silence longer than three heartbeat intervals, from one heartbeat to the next by ' +
    "the devices' own time. Only the time after the registration (or the first heartbeat, if that is " +
    'older) and before now (or the deletion) counts. At most 366 days.',
  query: availabilityQuery,
  answers: { 200: { description: 'The availability', schema: availabilitySchema } },
  problems: { 404: 'There never was such a device' },
} as const satisfies Operation;
