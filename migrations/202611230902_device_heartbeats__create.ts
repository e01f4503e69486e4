import { sql, type Kysely } from 'kysely';

/**
 * History: one row per device and 10 s, one partition per UTC day. Fixed-width columns come first
 * and in falling width, which saves the padding between them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE device_heartbeats (
      device_id uuid NOT NULL,
      ts timestamptz NOT NULL,
      received_at timestamptz NOT NULL,
      device_time timestamptz,
      temp_c double precision,
      uptime_s integer,
      ram_used_mb integer,
      signal_dbm integer,
      queue_depth integer,
      battery_pct smallint,
      plugged boolean,
      unity_running boolean,
      power_ok boolean,
      doze_whitelisted boolean,
      net_validated boolean,
      status text NOT NULL DEFAULT 'ok',
      ip text,
      network_type text,
      ssid text,
      unity_pkg_version text,
      agent_version text,
      PRIMARY KEY (device_id, ts)
    ) PARTITION BY RANGE (ts)
  `.execute(db);
}
