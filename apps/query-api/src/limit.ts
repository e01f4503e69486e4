import { z } from 'zod';

/** The most rows of a page. */
const MAX_LIMIT = 1_000;

/** The page size, from 1 to 1,000. */
export function limitParameter(defaultLimit: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1, 'must be at least 1').max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`))
    .default(defaultLimit);
}
