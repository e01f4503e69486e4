import type { DeviceView } from '@nexmdm/contracts';
import { sql } from 'kysely';

type TimeField = 'last_seen' | 'last_ts' | 'created_at';

/** A device with its last status, times as `Date`. */
export type DeviceRow = Omit<DeviceView, TimeField> & {
  last_seen: Date | null;
  last_ts: Date | null;
  created_at: Date;
};

/** The columns of a `DeviceRow` from `devices d` and a last status `s`, in the order of the API. */
export function deviceColumns(onlineWithinSeconds: number) {
  const offlineFor = sql`(now() - s.last_seen_at)`;
  const online = sql`${offlineFor} <= make_interval(secs => ${onlineWithinSeconds})`;
  return sql`
    d.id, d.alias,
    CASE WHEN s.device_id IS NULL THEN 'never' WHEN ${online} THEN 'online' ELSE 'offline' END AS status,
    s.last_seen_at AS last_seen, s.last_ts,
    CASE WHEN NOT ${online} THEN least(extract(epoch FROM ${offlineFor}), 2147483647)::integer END
      AS offline_seconds,
    d.created_at, s.battery_pct, s.plugged, s.temp_c, s.network_type, s.ssid, s.carrier, s.ip,
    s.signal_dbm, s.uptime_s, s.ram_used_mb, s.unity_running, s.unity_pkg_version, s.service_up,
    s.agent_version, s.power_ok, s.doze_whitelisted, s.net_validated, s.queue_depth, d.model,
    d.manufacturer, d.android_version, d.sdk_int, d.patch_level, d.build_id, d.is_device_owner,
    d.installed_apk_version_code, d.installed_apk_version_name, d.monitored_package,
    d.monitored_app_name, d.monitored_threshold_min, d.monitor_enabled
  `;
}
