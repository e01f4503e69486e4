/**
 * One accepted heartbeat between ingest and writer: everything derived that needs the request or
 * the device's settings, nothing that needs the database. Times are milliseconds since the epoch;
 * names are those of the columns.
 */
export interface HeartbeatRecord {
  device_id: string;
  /** The ingest clock when the request came in. */
  received_at: number;
  /** When the heartbeat was taken; orders a device's states. */
  event_at: number;
  /** The device's own clock as it was sent, or null when it couldn't be read. */
  device_time: number | null;

  ip: string | null;
  status: string;
  battery_pct: number | null;
  plugged: boolean | null;
  temp_c: number | null;
  network_type: string | null;
  ssid: string | null;
  carrier: string | null;
  signal_dbm: number | null;
  uptime_s: number | null;
  ram_used_mb: number | null;
  unity_pkg_version: string | null;
  unity_running: boolean | null;
  agent_version: string | null;
  power_ok: boolean | null;
  doze_whitelisted: boolean | null;
  net_validated: boolean | null;
  queue_depth: number | null;
  service_up: boolean | null;
  monitored_foreground_recent_s: number | null;
  monitored_package: string | null;
  monitored_threshold_min: number | null;

  facts: DeviceFacts;
}

/** What a device reports that rarely changes; kept with the device, not with each heartbeat. */
export interface DeviceFacts {
  app_version: string | null;
  model: string | null;
  manufacturer: string | null;
  android_version: string | null;
  sdk_int: number | null;
  patch_level: string | null;
  build_id: string | null;
  is_device_owner: boolean | null;
  /** Of the monitored package; decimal digits, because it has 64 bits. */
  installed_apk_version_code: string | null;
  installed_apk_version_name: string | null;
  fcm_token: string | null;
  /** Every package the agent reported, as JSON text with exact 64-bit version codes. */
  app_versions: string;
}
