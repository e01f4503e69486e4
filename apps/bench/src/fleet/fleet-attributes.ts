import { sql, type Kysely } from 'kysely';
import type { Database } from '@nexmdm/db';
import type { FleetPlan } from './fleet-plan.ts';

/** Shares of the fleet. */
const SHARE = {
  neverSeen: 0.005,
  offline: 0.05,
  /** Of the offline ones. */
  offlineRecently: 0.6,
  deleted: 0.01,
  lowBattery: 0.03,
  unityDown: 0.01,
  unityUnknown: 0.02,
  onWifi: 0.85,
};
const DEVICES_PER_STORE = 12;

const KINDS = ['kiosk', 'till', 'phone', 'tablet'];
const CARRIERS = ['O2 - de', 'Telekom.de', 'Vodafone', 'T-Mobile', 'Orange F', '1&1'];
const AGENT_VERSIONS = ['1.0.96', '1.0.101', '1.0.104', '1.0.107', '1.0.109'];

/**
 * What each device is and how it fares, in `bench_fleet`, from which devices, history and last status
 * are made. Everything follows from the device's number and the seed.
 */
export async function createFleetAttributes(db: Kysely<Database>, plan: FleetPlan): Promise<void> {
  const { seed, devices, newest, intervalSeconds } = plan;
  const { recent, long } = plan.offlineHours;
  const storeDigits = Math.max(4, String(Math.ceil(devices / DEVICES_PER_STORE)).length);
  let rolls = 0;
  /** A number from 0 up to 1, another one for each call. */
  const roll = () => {
    rolls += 1;
    const salt = sql.lit(seed * 1_000 + rolls);
    return sql`((hashint8extended(n, ${salt}) & 1048575) / 1048576.0::float8)`;
  };
  const between = ([from, to]: readonly [number, number]) =>
    sql`(${sql.lit(from)} + ${roll()} * ${sql.lit(to - from)})`;
  const pick = (choices: readonly string[]) =>
    sql`(${sql.lit(`{${choices.map((choice) => `"${choice}"`).join(',')}}`)}::text[])[1 + floor(${roll()} * ${sql.lit(choices.length)})::integer]`;
  await sql`
    CREATE UNLOGGED TABLE bench_fleet AS
    SELECT n, id, store, alias, deleted, low_battery, unity_down, unity_unknown, on_wifi,
      first_tick, phase, lag, ts_offset_ms, model, version, carrier, ssid, agent_version, ip,
      ${newest}::timestamptz - phase - first_tick * ${every(intervalSeconds)} AS last_ts
    FROM (
      SELECT n,
        overlay(overlay(md5(${sql.lit(`${seed}/`)} || n) PLACING '4' FROM 13) PLACING 'a' FROM 17)::uuid AS id,
        'store-' || store AS store,
        'store-' || store || '-' || ${pick(KINDS)} || '-' || (n - 1) % ${sql.lit(DEVICES_PER_STORE)} + 1 AS alias,
        ${roll()} < ${sql.lit(SHARE.deleted)} AS deleted,
        ${roll()} < ${sql.lit(SHARE.lowBattery)} AS low_battery,
        ${roll()} < ${sql.lit(SHARE.unityDown)} AS unity_down,
        ${roll()} < ${sql.lit(SHARE.unityUnknown)} AS unity_unknown,
        ${roll()} < ${sql.lit(SHARE.onWifi)} AS on_wifi,
        CASE
          WHEN fate < ${sql.lit(SHARE.neverSeen)} THEN NULL
          WHEN fate < ${sql.lit(SHARE.neverSeen + SHARE.offline)} THEN
            ceil(3600 / ${sql.lit(intervalSeconds)}::float8 *
              CASE WHEN ${roll()} < ${sql.lit(SHARE.offlineRecently)}
                THEN ${between(recent)} ELSE ${between(long)} END)::integer
          ELSE 0
        END AS first_tick,
        floor(${roll()} * ${sql.lit(intervalSeconds / 10)}) * interval '10 seconds' AS phase,
        ${roll()} * interval '3 seconds' AS lag,
        floor(${roll()} * 10000)::smallint AS ts_offset_ms,
        floor(${roll()} * 20)::integer AS model,
        floor(${roll()} * 5)::integer AS version,
        ${pick(CARRIERS)} AS carrier,
        'store-' || store || '-wifi' AS ssid,
        ${pick(AGENT_VERSIONS)} AS agent_version,
        '10.' || n / 62500 % 256 || '.' || n / 250 % 250 || '.' || n % 250 + 2 AS ip
      FROM (
        SELECT n, ${roll()} AS fate,
          lpad((1 + (n - 1) / ${sql.lit(DEVICES_PER_STORE)})::text, ${sql.lit(storeDigits)}, '0') AS store
        FROM generate_series(1, ${sql.lit(devices)}::bigint) AS n
      ) numbered
    ) device
  `.execute(db);
  await sql`ANALYZE bench_fleet`.execute(db);
}

/** An interval of so many seconds. */
export function every(seconds: number) {
  return sql`make_interval(secs => ${sql.lit(seconds)})`;
}
