import { z } from 'zod';

/** Text that PostgreSQL can hold as it is: U+0000 and half a surrogate pair it can't. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(
    (text) => text.isWellFormed() && !text.includes('\0'),
    'must not hold U+0000 or half a character',
  );

export const registerRequestSchema = z.object({
  alias: name,
  hardware_id: name.nullish(),
});

export type RegisterRequest = z.output<typeof registerRequestSchema>;

/** The token is shown here once; only its sha256 is stored. */
export interface RegisterAnswer {
  device_id: string;
  device_token: string;
}
