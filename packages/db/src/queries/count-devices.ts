import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import {
  allOf,
  conditionsOf,
  fleet,
  fleetFromStatus,
  type FilterOptions,
} from './device-filter.ts';

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
  const conditions = conditionsOf(options);
  const where = allOf([...conditions.ofDevice, ...conditions.ofStatus]);
  const bounded = Number.isFinite(exactUpTo);
  const from = bounded ? fleetFromStatus(options, conditions) : fleet(options, conditions);
  const upTo = bounded ? sql`LIMIT ${exactUpTo + 1}` : sql``;
  const { rows } = await sql<{ total: number }>`
    SELECT count(*)::integer AS total FROM (SELECT 1 FROM ${from} WHERE ${where} ${upTo}) m
  `.execute(db);
  const total = rows[0]?.total ?? 0;
  if (total <= exactUpTo) return { total, isEstimate: false };
  const rough = conditionsOf({ ...options, rough: true });
  const { rows: plans } = await sql<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>`
    EXPLAIN (FORMAT JSON) SELECT 1 FROM ${fleet(options, rough)}
    WHERE ${allOf([...rough.ofDevice, ...rough.ofStatus])}
  `.execute(db);
  const estimate = plans[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
  return { total: Math.max(estimate, total), isEstimate: true };
}
