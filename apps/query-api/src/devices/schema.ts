import { deviceStatusSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import { limitParameter } from '../limit.ts';

/** Parameters of `GET /v1/devices`; one that isn't known is an error, not ignored. */
export const listDevicesSchema = z.strictObject({
  limit: limitParameter(100),
  cursor: z.string().min(1).max(1_000).optional(),
  status: deviceStatusSchema.optional(),
});

/** Where the page before ended. */
export const devicePlaceSchema = z.object({ alias: z.string() });
