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

/** What is counted; what asks of the status only, without looking for the devices one by one. */
function matching(options: FilterOptions): RawBuilder<unknown> {
  const conditions = conditionsOf(options);
  const { ofDevice, ofStatus } = conditions;
  return asksStatusOnly(options, conditions)
    ? sql`${options.source.whole} s WHERE ${allOf([...ofStatus, isOfLiveDevice(options.source)])}`
    : sql`${fleet(options, conditions)} WHERE ${allOf([...ofDevice, ...ofStatus])}`;
}
