import { sql, type Kysely } from 'kysely';

/**
 * The newest state of each device. Every heartbeat updates its row, so pages keep room for the next
 * version of their rows (HOT updates) and vacuum comes early.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE device_last_status (
      device_id uuid PRIMARY KEY,
      last_ts timestamptz NOT NULL,
      last_seen_at timestamptz NOT NULL,
      temp_c double precision,
      uptime_s integer,
      ram_used_mb integer,
      signal_dbm integer,
      queue_depth integer,
      monitored_foreground_recent_s integer,
      monitored_threshold_min integer,
      battery_pct smallint,
      plugged boolean,
      unity_running boolean,
      service_up boolean,
      power_ok boolean,
      doze_whitelisted boolean,
      net_validated boolean,
      status text NOT NULL DEFAULT 'ok',
      ip text,
      network_type text,
      ssid text,
      carrier text,
      unity_pkg_version text,
      agent_version text,
      monitored_package text
    ) WITH (
      fillfactor = 70,
      autovacuum_vacuum_scale_factor = 0.05,
      autovacuum_analyze_scale_factor = 0.05
    )
  `.execute(db);
}
