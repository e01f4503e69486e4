import { z } from 'zod';

export const registerRequestSchema = z.object({
  alias: z.string().trim().min(1).max(200),
  hardware_id: z.string().trim().min(1).max(200).nullish(),
});

export type RegisterRequest = z.output<typeof registerRequestSchema>;

/** The token is shown here once; only its sha256 is stored. */
export interface RegisterAnswer {
  device_id: string;
  device_token: string;
}
