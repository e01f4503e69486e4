import { sql, type Kysely } from 'kysely';
import { partitionName, type Database, type Day } from '@nexmdm/db';

/** The last status of the devices whose newest heartbeat is of this day, from the history. */
export async function fillLastStatus(db: Kysely<Database>, day: Day): Promise<void> {
  await sql`
    INSERT INTO device_last_status (
      device_id, last_ts, last_seen_at, temp_c, uptime_s, ram_used_mb, signal_dbm, queue_depth,
      monitored_foreground_recent_s, monitored_threshold_min, battery_pct, plugged, unity_running,
      service_up, power_ok, doze_whitelisted, net_validated, status, ip, network_type, ssid, carrier,
      unity_pkg_version, agent_version, monitored_package
    )
    SELECT h.device_id, h.ts + h.ts_offset_ms * interval '1 millisecond', h.received_at, h.temp_c,
      h.uptime_s, h.ram_used_mb, h.signal_dbm, h.queue_depth, h.monitored_foreground_recent_s,
      d.monitored_threshold_min, h.battery_pct, h.plugged, h.unity_running, h.service_up, h.power_ok,
      h.doze_whitelisted, h.net_validated, h.status, h.ip, h.network_type, h.ssid, h.carrier,
      h.unity_pkg_version, h.agent_version, d.monitored_package
    FROM bench_fleet f
    JOIN ${sql.table(partitionName(day))} h ON h.device_id = f.id AND h.ts = f.last_ts
    JOIN devices d ON d.id = f.id
  `.execute(db);
}
