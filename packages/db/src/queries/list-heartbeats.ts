import type { Kysely, Selectable } from 'kysely';
import type { Database, DeviceHeartbeatsTable } from '../tables.ts';

export type HeartbeatRow = Omit<Selectable<DeviceHeartbeatsTable>, 'device_id' | 'ts_offset_ms'>;

export interface ListHeartbeatsOptions {
  deviceId: string;
  /** The first moment that counts. */
  from: Date;
  /** The first moment that doesn't count any more. */
  to: Date;
  /** Only rows older than this one: the last of the page before. */
  before?: Date | undefined;
  limit: number;
}

/** A device's history, newest first. Touches only the partitions of the range. */
export function listHeartbeats(
  db: Kysely<Database>,
  options: ListHeartbeatsOptions,
): Promise<HeartbeatRow[]> {
  return heartbeatsQuery(db, options).execute();
}

/** Apart from running it, so that its plan can be looked at. */
export function heartbeatsQuery(db: Kysely<Database>, options: ListHeartbeatsOptions) {
  const { deviceId, from, to, before, limit } = options;
  const end = before !== undefined && before < to ? before : to;
  return db
    .selectFrom('device_heartbeats')
    .select([
      'ts',
      'received_at',
      'device_time',
      'ip',
      'status',
      'battery_pct',
      'plugged',
      'temp_c',
      'network_type',
      'ssid',
      'signal_dbm',
      'uptime_s',
      'ram_used_mb',
      'unity_pkg_version',
      'unity_running',
      'agent_version',
      'power_ok',
      'doze_whitelisted',
      'net_validated',
      'queue_depth',
      'carrier',
      'service_up',
      'monitored_foreground_recent_s',
    ])
    .where('device_id', '=', deviceId)
    .where('ts', '>=', from)
    .where('ts', '<', end)
    .orderBy('ts', 'desc')
    .limit(limit);
}
