import { parseIsoTime } from '@nexmdm/contracts';
import { z } from 'zod';

/** The most rows of a page. */
const MAX_LIMIT = 1_000;

/** A whole number of the query, within bounds. */
export function integerParameter(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
    .meta({ parameter: { type: 'integer', minimum: min, maximum: max } });
}

/** The page size, from 1 to 1,000. */
export function limitParameter(defaultLimit: number, max = MAX_LIMIT) {
  return integerParameter(1, max)
    .default(defaultLimit)
    .describe('the most entries of the page')
    .meta({ parameter: { type: 'integer', minimum: 1, maximum: max, default: defaultLimit } });
}

/** Yes or no in a query. */
export const booleanParameter = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')
  .meta({ parameter: { type: 'boolean' } });

/** What a zone may move a time out of: the years that have four digits in UTC. */
const FIRST_MOMENT = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z');

/** A time, or a day for its beginning. */
export const timeParameter = z
  .string()
  .transform((text, context) => {
    const parsed = parseIsoTime(text) ?? parseIsoTime(`${text}T00:00:00Z`);
    if (parsed !== null && parsed >= FIRST_MOMENT && parsed <= LAST_MOMENT) return new Date(parsed);
    context.addIssue({
      code: 'custom',
      message:
        parsed === null
          ? 'must be an ISO-8601 time, such as 2026-11-23T09:00:00Z or 2026-11-23 (the + of a time zone is %2B in an address)'
          : 'must be in the years 0001 to 9999 (UTC)',
    });
    return z.NEVER;
  })
  .meta({ parameter: { type: 'string', examples: ['2026-11-23T09:00:00Z', '2026-11-23'] } });

export const cursorParameter = z
  .string()
  .min(1)
  .max(2_000)
  .optional()
  .describe('`next_cursor` of the page before');

/** Text that PostgreSQL can hold: U+0000 and half a surrogate pair it can't. */
export const textParameter = z
  .string()
  .min(1, 'must not be empty')
  .max(200)
  .refine(
    (text) => text.isWellFormed() && !text.includes('\0'),
    'must not hold U+0000 or half a character',
  );

const INT64_MAX = 2n ** 63n - 1n;

/** A whole number of 64 bits, exact. */
export const int64Parameter = z
  .string()
  .regex(/^\d{1,19}$/, 'must be a whole number')
  .transform(BigInt)
  .refine((value) => value <= INT64_MAX, `must be at most ${INT64_MAX}`)
  .meta({ parameter: { type: 'integer', format: 'int64', minimum: 0 } });
