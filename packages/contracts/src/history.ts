import { z } from 'zod';
import { timeSchema } from './device.ts';

/** One row of a device's history: its state in one heartbeat. */
export const heartbeatViewSchema = z
  .strictObject({
    ts: timeSchema.describe('event time, down to 10 s: when the device took the heartbeat'),
    received_at: timeSchema.describe("arrival, by the server's clock"),
    device_time: timeSchema.nullable().describe("what the device's own clock said"),
    ip: z.string().nullable(),
    status: z.string(),
    battery_pct: z.int().nullable(),
    plugged: z.boolean().nullable(),
    temp_c: z.number().nullable().describe('temperature of the battery, °C'),
    network_type: z.string().nullable(),
    ssid: z.string().nullable(),
    signal_dbm: z.int().nullable(),
    uptime_s: z.int().nullable().describe('seconds since the device booted'),
    ram_used_mb: z.int().nullable(),
    unity_pkg_version: z.string().nullable(),
    unity_running: z.boolean().nullable().describe('null: not known'),
    agent_version: z.string().nullable(),
    power_ok: z.boolean().nullable(),
    doze_whitelisted: z.boolean().nullable(),
    net_validated: z.boolean().nullable(),
    queue_depth: z.int().nullable().describe('heartbeats that waited on the device'),
    carrier: z.string().nullable(),
    service_up: z.boolean().nullable().describe('whether the monitored app was in use'),
    monitored_foreground_recent_s: z
      .int()
      .nullable()
      .describe('seconds since the monitored app was in the foreground; -1: not known'),
  })
  .meta({ id: 'Heartbeat' });

const spanOf = (what: string) =>
  z
    .strictObject({ min: z.number(), avg: z.number(), max: z.number() })
    .nullable()
    .describe(`${what}; null when no heartbeat of the bucket says it`);

/** What a device's heartbeats of one stretch of time have in common. */
export const heartbeatBucketSchema = z
  .strictObject({
    ts: timeSchema.describe('the start of the bucket'),
    heartbeats: z.int().min(0).describe('how many there are'),
    gap: z.boolean().describe('whether there is none'),
    battery_pct: spanOf('charge of the battery in percent'),
    temp_c: spanOf('temperature of the battery, °C'),
    uptime_resets: z
      .int()
      .min(0)
      .describe('reboots: heartbeats with a lower uptime than the one before'),
    unity_running: z
      .strictObject({ up: z.int().min(0), down: z.int().min(0), unknown: z.int().min(0) })
      .describe('heartbeats in which the Unity app ran, did not, and that do not know'),
    plugged_share: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('of the heartbeats that say it, the share with the charger plugged in'),
  })
  .meta({ id: 'HeartbeatBucket' });

/** How much of a time a device was heard from. */
export const availabilitySchema = z
  .strictObject({
    device_id: z.guid(),
    from: timeSchema.describe('the start of the time looked at'),
    to: timeSchema.describe('its end'),
    expected_interval_seconds: z.int(),
    gap_after_seconds: z.int().describe('a longer silence is a gap: three intervals'),
    availability_pct: z
      .number()
      .min(0)
      .max(100)
      .nullable()
      .describe('the time that is not in gaps, in percent; null when there is no time to look at'),
    heartbeats: z.int().min(0),
    gaps: z
      .array(
        z.strictObject({
          from: timeSchema,
          to: timeSchema,
          seconds: z.number(),
          open: z.boolean().describe('whether it goes on: nothing has come since'),
        }),
      )
      .describe('newest first; only their parts within the time looked at'),
    gaps_truncated: z.boolean().describe('whether there are more gaps than are listed'),
  })
  .meta({ id: 'Availability' });

type WithDates<View, Fields extends keyof View> = Omit<View, Fields> & {
  [Field in Fields]: Date | Extract<View[Field], null>;
};

/** As it is read, times as `Date`. */
export type HeartbeatBucket = WithDates<z.output<typeof heartbeatBucketSchema>, 'ts'>;
