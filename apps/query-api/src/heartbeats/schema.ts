import { parseIsoTime } from '@nexmdm/contracts';
import { z } from 'zod';
import { limitParameter } from '../limit.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const time = z.string().transform((text, context) => {
  const parsed = parseIsoTime(text) ?? parseIsoTime(`${text}T00:00:00Z`);
  if (parsed !== null) return new Date(parsed);
  context.addIssue({
    code: 'custom',
    message: 'must be an ISO-8601 time, such as 2026-11-23T09:00:00Z or 2026-11-23',
  });
  return z.NEVER;
});

/** Parameters of a device's history; without them the last 24 hours. */
export const listHeartbeatsSchema = z
  .strictObject({
    from: time.optional(),
    to: time.optional(),
    limit: limitParameter(1_000),
    cursor: z.string().min(1).max(1_000).optional(),
  })
  .transform(({ from, to, ...rest }) => {
    // A device's clock may run ahead of ours by minutes.
    const end = to ?? new Date(Date.now() + 10 * MINUTE_MS);
    return { ...rest, to: end, from: from ?? new Date(end.getTime() - DAY_MS) };
  })
  .refine(({ from, to }) => from < to, { path: ['from'], message: 'must be before to' });

/** Where the page before ended. */
export const heartbeatPlaceSchema = z.object({ before: z.coerce.date() });
