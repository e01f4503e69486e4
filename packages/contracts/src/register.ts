import { z } from 'zod';

/** A name as PostgreSQL can hold it: U+0000 and half a surrogate pair it can't. */
export const deviceNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(
    (text) => text.isWellFormed() && !text.includes('\0'),
    'must not hold U+0000 or half a character',
  );

export const registerRequestSchema = z.object({
  alias: deviceNameSchema,
  hardware_id: deviceNameSchema.nullish(),
});

export type RegisterRequest = z.output<typeof registerRequestSchema>;

/** The token is shown here once; only its sha256 is stored. */
export interface RegisterAnswer {
  device_id: string;
  device_token: string;
}
