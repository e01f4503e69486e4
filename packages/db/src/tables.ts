import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';

/** The tables as the code sees them; the migrations say what each is for. */
export interface Database {
  devices: DevicesTable;
  device_auth_changes: DeviceAuthChangesTable;
  device_previous_tokens: DevicePreviousTokensTable;
  device_heartbeats: DeviceHeartbeatsTable;
  device_last_status: DeviceLastStatusTable;
  hb_partitions: HbPartitionsTable;
  job_runs: JobRunsTable;
  flag_changes: FlagChangesTable;
}

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type GeneratedTimestamp = ColumnType<Date, Date | string | undefined, Date | string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null, Date | string | null>;
/** PostgreSQL's bigint; read as a bigint, so that no digit is lost. */
type Int64 = ColumnType<bigint | null, bigint | string | null, bigint | string | null>;

export interface DevicesTable {
  id: string;
  alias: string;
  hardware_id: string | null;
  token_id: string | null;
  token_revoked_at: NullableTimestamp;
  deleted_at: NullableTimestamp;
  created_at: GeneratedTimestamp;
  app_version: string | null;
  model: string | null;
  manufacturer: string | null;
  android_version: string | null;
  sdk_int: number | null;
  patch_level: string | null;
  build_id: string | null;
  is_device_owner: boolean | null;
  installed_apk_version_code: Int64;
  installed_apk_version_name: string | null;
  fcm_token: string | null;
  app_versions: unknown;
  facts_hash: string | null;
  monitored_package: Generated<string | null>;
  monitored_app_name: string | null;
  monitored_threshold_min: Generated<number>;
  monitor_enabled: Generated<boolean>;
  /** The alias to give back when the device is restored. */
  alias_before_deletion: string | null;
}

export interface DeviceAuthChangesTable {
  token_id: string;
  changed_at: GeneratedTimestamp;
}

export interface DevicePreviousTokensTable {
  token_id: string;
  device_id: string;
  valid_until: Timestamp;
  rotated_at: GeneratedTimestamp;
}

/** The columns that history and last status have in common. */
export interface StateColumns {
  status: string;
  ip: string | null;
  battery_pct: number | null;
  plugged: boolean | null;
  temp_c: number | null;
  network_type: string | null;
  ssid: string | null;
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
  carrier: string | null;
  service_up: boolean | null;
  monitored_foreground_recent_s: number | null;
}

export interface DeviceHeartbeatsTable extends StateColumns {
  device_id: string;
  /** The event time, down to its 10 s bucket. */
  ts: Timestamp;
  /** What the event time lies after `ts`; null in rows from before it was kept. */
  ts_offset_ms: number | null;
  received_at: Timestamp;
  device_time: NullableTimestamp;
}

export interface DeviceLastStatusTable extends StateColumns {
  device_id: string;
  /** The event time of the state. */
  last_ts: Timestamp;
  /** When the last heartbeat came in, whatever its event time. */
  last_seen_at: Timestamp;
  /** `last_seen_at` down to two minutes; kept by the database. */
  seen_bucket: ColumnType<Date, never, never>;
  monitored_package: string | null;
  monitored_threshold_min: number | null;
}

export interface HbPartitionsTable {
  partition_name: string;
  range_start: Timestamp;
  range_end: Timestamp;
  state: Generated<string>;
  row_count: Int64;
  bytes_size: Int64;
  checksum_sha256: string | null;
  archive_url: string | null;
  archive_bytes: Int64;
  archived_at: NullableTimestamp;
  created_at: GeneratedTimestamp;
  dropped_at: NullableTimestamp;
  restored_at: NullableTimestamp;
  error: string | null;
}

export interface JobRunsTable {
  id: Generated<string>;
  job: string;
  trigger: string;
  /** JSON, written as text. */
  params: ColumnType<unknown, string, string>;
  started_at: GeneratedTimestamp;
  /** Null while it runs, and when it was broken off. */
  finished_at: NullableTimestamp;
  status: Generated<string>;
  result: ColumnType<unknown, string | null, string | null>;
  error: string | null;
}

export interface FlagChangesTable {
  id: Generated<bigint>;
  name: string;
  /** Null is a return to the service's own setting. */
  enabled: boolean | null;
  changed_at: GeneratedTimestamp;
  changed_by: string;
}

export type Device = Selectable<DevicesTable>;
export type NewDevice = Insertable<DevicesTable>;
