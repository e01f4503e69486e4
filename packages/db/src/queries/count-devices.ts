import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../tables.ts';
import { allOf, asksStatusOnly, conditionsOf, fleet, type FilterOptions } from './device-filter.ts';
import { isOfLiveDevice } from './live-device.ts';

export interface DeviceTotal {
  total: number;
  isEstimate: boolean;
}

export interface CountDevicesOptions extends FilterOptions {
  /** Beyond this many, PostgreSQL's estimate will do; Infinity for the exact number. */
  exactUpTo: number;
}

/** How many devices match: exact, or marked as an estimate. */
export async function countDevices(
  db: Kysely<Database>,
  options: CountDevicesOptions,
): Promise<DeviceTotal> {
  const { exactUpTo } = options;
  const few = await countFew(db, options);
  if (few !== undefined) return { total: few, isEstimate: false };
  const upTo = Number.isFinite(exactUpTo) ? sql`LIMIT ${exactUpTo + 1}` : sql``;
  const { rows } = await sql<{ total: number }>`
    SELECT count(*)::integer AS total FROM (SELECT FROM ${matching(options)} ${upTo}) m
  `.execute(db);
  const total = rows[0]?.total ?? 0;
  if (total <= exactUpTo) return { total, isEstimate: false };
  const rough = { ...options, rough: true };
  const { rows: plans } = await sql<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>`
    EXPLAIN (FORMAT JSON) SELECT FROM ${matching(rough)}
  `.execute(db);
  const estimate = plans[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  return { total: Math.max(estimate, total), isEstimate: true };
}

/** So many devices with the status that is asked for are looked up one by one. */
const FEW = 2_000;

/** How many match, where both tables are asked and few devices have the status; else undefined. */
async function countFew(db: Kysely<Database>, options: FilterOptions): Promise<number | undefined> {
  const { filter, source } = options;
  const conditions = conditionsOf(options);
  const { ofDevice, ofStatus } = conditions;
  const asksBoth = ofStatus.length > 0 && filter.status !== 'never' && ofDevice.length > 1;
  if (!source.indexed || !asksBoth) return undefined;
  const { rows } = await sql<{ few: number; total: number }>`
    WITH few AS MATERIALIZED (
      SELECT * FROM ${source.table} s WHERE ${allOf(ofStatus)} LIMIT ${FEW + 1}
    ), counted AS MATERIALIZED (SELECT count(*)::integer AS few FROM few)
    SELECT few, (
      SELECT count(*)::integer
      FROM few s JOIN LATERAL (SELECT * FROM devices d WHERE d.id = s.device_id LIMIT 1) d ON true
      WHERE ${allOf(ofDevice)} AND (SELECT c.few FROM counted c) <= ${FEW}
    ) AS total FROM counted
  `.execute(db);
  const [counted] = rows;
  return counted === undefined || counted.few > FEW ? undefined : counted.total;
}

/** What is counted; what asks of the status only, without looking for the devices one by one. */
function matching(options: FilterOptions): RawBuilder<unknown> {
  const conditions = conditionsOf(options);
  const { ofDevice, ofStatus } = conditions;
  return asksStatusOnly(options, conditions)
    ? sql`${options.source.whole} s WHERE ${allOf([...ofStatus, isOfLiveDevice(options.source)])}`
    : sql`${fleet(options, conditions)} WHERE ${allOf([...ofDevice, ...ofStatus])}`;
}
