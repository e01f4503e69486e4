import { z } from 'zod';
import { deviceSchema, timeSchema } from './device.ts';
import { fleetCountsSchema } from './fleet.ts';

/** The most devices that one event tells of. */
export const MAX_EVENT_DEVICES = 200;

/** The data of an event `counts`. */
export const countsEventSchema = fleetCountsSchema.extend({
  at: timeSchema.describe('when they were read; of a large fleet they may be some seconds older'),
});

/** The data of an event `devices`. */
export const devicesEventSchema = z.strictObject({
  changed: z
    .int()
    .min(0)
    .describe('devices that changed since the event before; an estimate when they are many'),
  truncated: z.boolean().describe('not all of them are in this event'),
  devices: z
    .array(deviceSchema)
    .max(MAX_EVENT_DEVICES)
    .describe('those of them that this event tells of, as they are now'),
  removed: z
    .array(z.guid())
    .max(MAX_EVENT_DEVICES)
    .describe('ids of changed devices that are there no more, because they were deleted'),
});

/** The data of an event `feed`. */
export const feedEventSchema = z.strictObject({
  available: z.boolean().describe('whether events `devices` can come'),
});

export type CountsEvent = z.output<typeof countsEventSchema>;
export type FeedEvent = z.output<typeof feedEventSchema>;
