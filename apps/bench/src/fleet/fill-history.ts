import { sql, type Kysely, type RawBuilder } from 'kysely';
import { addDays, partitionName, startOfDay, type Database, type Day } from '@nexmdm/db';
import { every } from './fleet-attributes.ts';
import type { FleetPlan } from './fleet-plan.ts';

/**
 * A day of the fleet's history, in the order in which it came in. The partition is filled first and
 * indexed then, which takes less than half of the time of filling it with its index.
 *
 * @returns how many heartbeats it has
 */
export async function fillHistoryDay(
  db: Kysely<Database>,
  plan: FleetPlan,
  day: Day,
): Promise<number> {
  const [from, to] = [startOfDay(day), startOfDay(addDays(day, 1))];
  const name = partitionName(day);
  const table = sql.table(name);
  return db.transaction().execute(async (trx) => {
    await sql`CREATE TABLE ${table} (LIKE device_heartbeats INCLUDING DEFAULTS)`.execute(trx);
    const { numAffectedRows } = await heartbeats(plan, table, from, to).execute(trx);
    await sql`ALTER TABLE ${table} ADD PRIMARY KEY (device_id, ts)`.execute(trx);
    await sql`
      ALTER TABLE device_heartbeats ATTACH PARTITION ${table}
      FOR VALUES FROM (${sql.lit(from.toISOString())}) TO (${sql.lit(to.toISOString())})
    `.execute(trx);
    await sql`
      INSERT INTO hb_partitions (partition_name, range_start, range_end)
      VALUES (${name}, ${from}, ${to})
    `.execute(trx);
    return Number(numAffectedRows);
  });
}

/** A device beats at `newest - phase - tick * interval` for every tick from its first (newest) on. */
function heartbeats(
  plan: FleetPlan,
  table: RawBuilder<unknown>,
  from: Date,
  to: Date,
): RawBuilder<unknown> {
  const { newest, oldest, intervalSeconds } = plan;
  const tickOf = (time: Date) => (newest.getTime() - time.getTime()) / 1_000 / intervalSeconds;
  const firstTick = Math.max(0, Math.floor(tickOf(to)) - 1);
  const lastTick = Math.ceil(tickOf(from > oldest ? from : oldest));
  return sql`
    INSERT INTO ${table} (
      device_id, ts, ts_offset_ms, received_at, device_time, temp_c, uptime_s, ram_used_mb,
      signal_dbm, queue_depth, battery_pct, plugged, unity_running, power_ok, doze_whitelisted,
      net_validated, ip, network_type, ssid, carrier, unity_pkg_version, agent_version, service_up,
      monitored_foreground_recent_s
    )
    SELECT f.id, h.ts, f.ts_offset_ms,
      h.ts + f.ts_offset_ms * interval '1 millisecond' + f.lag,
      h.ts + f.ts_offset_ms * interval '1 millisecond',
      22 + (h.dice & 127) / 10.0::float8,
      (extract(epoch FROM h.ts)::bigint + f.n * 7919) % 2592000,
      1200 + (h.dice >> 7 & 1023),
      CASE WHEN f.on_wifi THEN NULL ELSE -60 - (h.dice >> 17 & 31) END,
      CASE WHEN h.dice >> 22 & 63 = 0 THEN 2 ELSE 0 END,
      CASE WHEN f.low_battery THEN least(100, 2 + f.n % 12 + 3 * (h.tick - f.first_tick))
        ELSE 20 + (h.dice >> 28 & 63) END,
      NOT f.low_battery AND (h.dice >> 34 & 3) > 0,
      CASE WHEN f.unity_unknown THEN NULL ELSE NOT (f.unity_down AND h.tick - f.first_tick < 24) END,
      true, f.n % 20 <> 0, true, f.ip,
      CASE WHEN f.on_wifi THEN 'wifi' ELSE 'cell' END,
      CASE WHEN f.on_wifi THEN f.ssid END,
      CASE WHEN f.on_wifi THEN NULL ELSE f.carrier END,
      '2.4.' || f.version, f.agent_version,
      CASE WHEN f.unity_unknown THEN NULL ELSE NOT (f.unity_down AND h.tick - f.first_tick < 24) END,
      CASE WHEN f.unity_unknown THEN NULL ELSE (h.dice >> 36 & 255)::integer END
    FROM generate_series(${sql.lit(lastTick)}, ${sql.lit(firstTick)}, -1) AS tick
    JOIN bench_fleet f ON tick >= f.first_tick
    CROSS JOIN LATERAL (
      SELECT tick, ${newest}::timestamptz - f.phase - tick * ${every(intervalSeconds)} AS ts,
        hashint8extended(f.n * 1000003 + tick, ${sql.lit(plan.seed)}) AS dice
    ) h
    WHERE h.ts >= ${from} AND h.ts < ${to} AND h.ts >= ${oldest}
  `;
}
