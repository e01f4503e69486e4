import { sql, type Kysely } from 'kysely';
import type { DeviceView } from '@nexmdm/contracts';
import type { Database } from '../tables.ts';

type TimeField = 'last_seen' | 'last_ts' | 'created_at';

/** A device with its last status, times as `Date`. */
export type DeviceRow = Omit<DeviceView, TimeField> & {
  last_seen: Date | null;
  last_ts: Date | null;
  created_at: Date;
};

/** Every device with its newest state; callers add their conditions on `d` and `s`. */
export function selectDevices(db: Kysely<Database>, onlineWithinSeconds: number) {
  const offlineFor = sql`now() - s.last_seen_at`;
  const online = sql`${offlineFor} <= make_interval(secs => ${onlineWithinSeconds})`;
  return db
    .selectFrom('devices as d')
    .leftJoin('device_last_status as s', 's.device_id', 'd.id')
    .select([
      'd.id',
      'd.alias',
      'd.created_at',
      'd.model',
      'd.manufacturer',
      'd.android_version',
      'd.sdk_int',
      'd.patch_level',
      'd.build_id',
      'd.is_device_owner',
      'd.installed_apk_version_code',
      'd.installed_apk_version_name',
      'd.monitored_package',
      'd.monitored_app_name',
      'd.monitored_threshold_min',
      'd.monitor_enabled',
      's.last_seen_at as last_seen',
      's.last_ts',
      's.battery_pct',
      's.plugged',
      's.temp_c',
      's.network_type',
      's.ssid',
      's.carrier',
      's.ip',
      's.signal_dbm',
      's.uptime_s',
      's.ram_used_mb',
      's.unity_running',
      's.unity_pkg_version',
      's.service_up',
      's.agent_version',
      's.power_ok',
      's.doze_whitelisted',
      's.net_validated',
      's.queue_depth',
      sql<DeviceRow['status']>`
        CASE WHEN s.device_id IS NULL THEN 'never' WHEN ${online} THEN 'online' ELSE 'offline' END
      `.as('status'),
      sql<number | null>`
        CASE WHEN NOT ${online} THEN least(extract(epoch FROM ${offlineFor}), 2147483647)::integer END
      `.as('offline_seconds'),
    ]);
}
