/** State columns that history and last status have in common, and their types. */
export const STATE_COLUMN_TYPES = {
  status: 'text',
  ip: 'text',
  battery_pct: 'smallint',
  plugged: 'boolean',
  temp_c: 'float8',
  network_type: 'text',
  ssid: 'text',
  signal_dbm: 'integer',
  uptime_s: 'integer',
  ram_used_mb: 'integer',
  unity_pkg_version: 'text',
  unity_running: 'boolean',
  agent_version: 'text',
  power_ok: 'boolean',
  doze_whitelisted: 'boolean',
  net_validated: 'boolean',
  queue_depth: 'integer',
  carrier: 'text',
  service_up: 'boolean',
  monitored_foreground_recent_s: 'integer',
} as const;

export type StateColumn = keyof typeof STATE_COLUMN_TYPES;

export const STATE_COLUMNS = Object.keys(STATE_COLUMN_TYPES) as readonly StateColumn[];
