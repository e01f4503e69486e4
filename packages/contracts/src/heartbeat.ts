import { z } from 'zod';

/**
 * The heartbeat as the Android agent sends it. Unknown fields are ignored, `null` equals absent for
 * optional fields, a wrong type in a known field is an error that names the field.
 *
 * Texts without a limit in the agent's contract get one here, so that one device can't fill the
 * stream; integers fit the column that holds them.
 */

/** A text the agent reports but doesn't bound. */
const reportedText = z.string().max(255);

/** Exact in the whole 64-bit range: the JSON parser hands over what a double can't hold as bigint. */
const int64 = z.union([
  z.int(),
  z
    .bigint()
    .min(-(2n ** 63n), 'below the 64-bit range')
    .max(2n ** 63n - 1n, 'above the 64-bit range'),
]);

const appVersion = z.object({
  installed: z.boolean(),
  version_name: reportedText.nullish(),
  version_code: int64.nullish(),
});

export const heartbeatSchema = z.object({
  device_id: z.string().max(100).nullish(),
  alias: z.string().min(1).max(200),
  app_version: z.string().max(50).nullish(),
  timestamp_utc: z.string().max(50),
  app_versions: z.record(z.string().max(255), appVersion),
  speedtest_running_signals: z.object({
    has_service_notification: z.boolean(),
    foreground_recent_seconds: z.int32().nullish(),
  }),
  battery: z.object({
    pct: z.int32(),
    charging: z.boolean(),
    temperature_c: z.number(),
  }),
  system: z.object({
    uptime_seconds: z.int32(),
    android_version: reportedText,
    sdk_int: z.int32(),
    patch_level: reportedText,
    build_id: reportedText,
    model: reportedText,
    manufacturer: reportedText,
  }),
  memory: z.object({
    total_ram_mb: z.int32(),
    avail_ram_mb: z.int32(),
    pressure_pct: z.number(),
  }),
  network: z.object({
    transport: reportedText,
    ssid: reportedText.nullish(),
    carrier: reportedText.nullish(),
    ip: reportedText.nullish(),
    signal_dbm: z.int32().nullish(),
  }),
  fcm_token: z.string().max(4096).nullish(),
  is_ping_response: z.boolean().nullish(),
  ping_request_id: reportedText.nullish(),
  self_heal_hints: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).nullish(),
  is_device_owner: z.boolean().nullish(),
  power_ok: z.boolean().nullish(),
  doze_whitelisted: z.boolean().nullish(),
  net_validated: z.boolean().nullish(),
  queue_depth: z.int32().nullish(),
  monitored_foreground_recent_s: z.int().min(-1).max(86_400).nullish(),
  unity_process_running: z.boolean().nullish(),
});

export type Heartbeat = z.output<typeof heartbeatSchema>;

/** The most heartbeats in one replayed batch; as many as the agent's queue holds. */
export const MAX_BATCH_HEARTBEATS = 500;

/** One device's replayed queue. Each heartbeat is checked by itself, so that one bad one costs only itself. */
export const heartbeatBatchSchema = z.object({
  sent_at: z.string().max(50),
  heartbeats: z.array(z.unknown()).min(1).max(MAX_BATCH_HEARTBEATS),
});

export type HeartbeatBatch = z.output<typeof heartbeatBatchSchema>;

/** Why a heartbeat of a batch was not taken. `index` is its place in the batch, from 0. */
export interface RejectedHeartbeat {
  index: number;
  code: 'validation_failed';
  detail: string;
}

export interface HeartbeatAnswer {
  ok: true;
  next_heartbeat_seconds: number;
}

export interface HeartbeatBatchAnswer {
  accepted: number;
  rejected: RejectedHeartbeat[];
}
