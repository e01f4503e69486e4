import { z } from 'zod';

export const deviceStatusSchema = z.enum(['online', 'offline', 'never']);
export type DeviceStatus = z.output<typeof deviceStatusSchema>;

/** A device as the query API shows it. Times are ISO-8601 in UTC. */
export interface DeviceView {
  id: string;
  alias: string;
  status: DeviceStatus;
  /** Arrival of the last heartbeat, by the server's clock. */
  last_seen: string | null;
  /** Event time of the newest state. */
  last_ts: string | null;
  /** Whole seconds since `last_seen` when offline, else null. */
  offline_seconds: number | null;
  created_at: string;
  battery_pct: number | null;
  plugged: boolean | null;
  temp_c: number | null;
  network_type: string | null;
  ssid: string | null;
  carrier: string | null;
  ip: string | null;
  signal_dbm: number | null;
  uptime_s: number | null;
  ram_used_mb: number | null;
  unity_running: boolean | null;
  unity_pkg_version: string | null;
  service_up: boolean | null;
  agent_version: string | null;
  power_ok: boolean | null;
  doze_whitelisted: boolean | null;
  net_validated: boolean | null;
  queue_depth: number | null;
  model: string | null;
  manufacturer: string | null;
  android_version: string | null;
  sdk_int: number | null;
  patch_level: string | null;
  build_id: string | null;
  is_device_owner: boolean | null;
  /** A 64-bit integer: a bigint until it is written as JSON. */
  installed_apk_version_code: bigint | null;
  installed_apk_version_name: string | null;
  monitored_package: string | null;
  monitored_app_name: string | null;
  monitored_threshold_min: number;
  monitor_enabled: boolean;
}
