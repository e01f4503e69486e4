import { z } from 'zod';

export const deviceStatusSchema = z.enum(['online', 'offline', 'never']);
export type DeviceStatus = z.output<typeof deviceStatusSchema>;

/** An ISO-8601 time in UTC, as `Date` writes it. */
export const timeSchema = z.iso.datetime();

const int64 = z.union([z.bigint(), z.int()]).meta({ type: 'integer', format: 'int64' });

/** A device as the query API shows it. Times are ISO-8601 in UTC. */
export const deviceSchema = z
  .strictObject({
    id: z.guid(),
    alias: z.string(),
    status: deviceStatusSchema.describe(
      'online: seen within three heartbeat intervals; never: no heartbeat is known',
    ),
    last_seen: timeSchema
      .nullable()
      .describe("arrival of the last heartbeat, by the server's clock"),
    last_ts: timeSchema.nullable().describe('event time of the newest state'),
    offline_seconds: z.int().nullable().describe('whole seconds since last_seen when offline'),
    created_at: timeSchema,
    battery_pct: z.int().nullable(),
    plugged: z.boolean().nullable(),
    temp_c: z.number().nullable().describe('temperature of the battery, °C'),
    network_type: z.string().nullable(),
    ssid: z.string().nullable(),
    carrier: z.string().nullable(),
    ip: z.string().nullable(),
    signal_dbm: z.int().nullable(),
    uptime_s: z.int().nullable().describe('seconds since the device booted'),
    ram_used_mb: z.int().nullable(),
    unity_running: z.boolean().nullable().describe('null: not known'),
    unity_pkg_version: z.string().nullable(),
    service_up: z
      .boolean()
      .nullable()
      .describe('whether the monitored app is in use; null: monitoring is off, or not known'),
    agent_version: z.string().nullable(),
    power_ok: z.boolean().nullable(),
    doze_whitelisted: z.boolean().nullable(),
    net_validated: z.boolean().nullable(),
    queue_depth: z.int().nullable().describe('heartbeats that waited on the device'),
    model: z.string().nullable(),
    manufacturer: z.string().nullable(),
    android_version: z.string().nullable(),
    sdk_int: z.int().nullable(),
    patch_level: z.string().nullable(),
    build_id: z.string().nullable(),
    is_device_owner: z.boolean().nullable(),
    installed_apk_version_code: int64.nullable(),
    installed_apk_version_name: z.string().nullable(),
    monitored_package: z.string().nullable(),
    monitored_app_name: z.string().nullable(),
    monitored_threshold_min: z.int(),
    monitor_enabled: z.boolean(),
  })
  .meta({ id: 'Device' });

export type DeviceView = Omit<z.output<typeof deviceSchema>, 'installed_apk_version_code'> & {
  /** A 64-bit integer: a bigint until it is written as JSON. */
  installed_apk_version_code: bigint | null;
};
