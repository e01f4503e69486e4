import { sql, type Kysely } from 'kysely';
import type { FleetCounts } from '@nexmdm/contracts';
import type { Database } from '../tables.ts';
import { UNITY_WITHIN_SECONDS } from './device-filter.ts';
import type { FindDevicesOptions } from './find-device.ts';
import { isOfLiveDevice } from './live-device.ts';

/** A battery below this many percent is low. */
export const LOW_BATTERY_PCT = 15;

/** The state of the whole fleet in numbers; deleted devices don't count. */
export async function countFleet(
  db: Kysely<Database>,
  { source, onlineWithinSeconds }: FindDevicesOptions,
): Promise<FleetCounts> {
  const online = sql`s.last_seen_at >= now() - make_interval(secs => ${onlineWithinSeconds})`;
  const recent = sql`s.last_seen_at >= now() - make_interval(secs => ${UNITY_WITHIN_SECONDS})`;
  const { rows } = await sql<Omit<FleetCounts, 'never_seen'> & { reported: number }>`
    SELECT
      (SELECT count(*) FROM devices WHERE deleted_at IS NULL)::integer AS total,
      count(*)::integer AS reported,
      count(*) FILTER (WHERE ${online})::integer AS online,
      count(*) FILTER (WHERE NOT ${online})::integer AS offline,
      count(*) FILTER (WHERE s.battery_pct < ${LOW_BATTERY_PCT})::integer AS low_battery,
      count(*) FILTER (WHERE NOT s.unity_running AND ${recent})::integer AS unity_down,
      count(*) FILTER (WHERE s.unity_running IS NULL AND ${recent})::integer AS unity_unknown,
      count(*) FILTER (WHERE NOT s.service_up AND ${recent})::integer AS service_down
    FROM ${source.whole} s WHERE ${isOfLiveDevice(source)}
  `.execute(db);
  const [counted] = rows;
  if (counted === undefined) throw new Error('counting the fleet gave no row');
  const { total, reported, online: up, offline, ...rest } = counted;
  return { total, online: up, offline, never_seen: Math.max(0, total - reported), ...rest };
}
