import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { cursorParameter, limitParameter, timeParameter } from '../api/parameters.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Parameters of a device's history; without them the last 24 hours. */
const listHeartbeatsQuery = z
  .strictObject({
    from: timeParameter.optional(),
    to: timeParameter.optional(),
    limit: limitParameter(1_000),
    cursor: cursorParameter,
  })
  .transform(({ from, to, ...rest }) => {
    // A device's clock may run ahead of ours by minutes.
    const end = to ?? new Date(Date.now() + 10 * MINUTE_MS);
    return { ...rest, to: end, from: from ?? new Date(end.getTime() - DAY_MS) };
  })
  .refine(({ from, to }) => from < to, { path: ['from'], message: 'must be before to' });

/** Where the page before ended. */
export const heartbeatPlaceSchema = z.object({ before: z.coerce.date() });

export const listHeartbeatsOperation = {
  method: 'get',
  path: '/v1/devices/{id}/heartbeats',
  operationId: 'listHeartbeats',
  tag: 'history',
  summary: 'The history of a device, newest first',
  query: listHeartbeatsQuery,
  answers: { 200: { description: 'A page of the history' } },
  problems: { 404: 'There is no such device' },
} as const satisfies Operation;
