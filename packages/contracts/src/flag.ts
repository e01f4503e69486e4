import { z } from 'zod';
import { timeSchema } from './device.ts';

/** A run-time flag as the query API shows it. */
export const flagSchema = z
  .strictObject({
    name: z.string(),
    enabled: z.boolean().describe('what it is now'),
    default: z.boolean().describe("the service's own setting"),
    source: z
      .enum(['environment', 'stored'])
      .describe("environment: the service's own setting holds; stored: somebody set the flag"),
    changed_by: z.string().nullable().describe('who changed it last; null: it was never changed'),
    changed_at: timeSchema.nullable(),
    description: z.string(),
  })
  .meta({ id: 'Flag' });

export type FlagView = z.output<typeof flagSchema>;

/** A change of a flag. */
export const flagChangeSchema = z
  .strictObject({
    enabled: z.boolean().nullable().describe("null: a return to the service's own setting"),
    changed_by: z.string(),
    changed_at: timeSchema,
  })
  .meta({ id: 'FlagChange' });

/** How long a change needs at most to reach every query API, in seconds. */
export const FLAG_REACH_SECONDS = 2;
