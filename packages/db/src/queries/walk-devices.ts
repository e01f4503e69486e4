import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../tables.ts';
import { deviceColumns } from './device-columns.ts';
import { allOf, conditionsOf } from './device-filter.ts';
import { afterPlaceByIndex, indexOrderBy, type SortOrder } from './device-sort.ts';
import type { ListDevicesOptions, SortedRow } from './list-devices.ts';

export interface WalkedPage {
  rows: SortedRow[];
  /** Whether no other rows belong on the page. */
  isWhole: boolean;
}

/**
 * Follows the order's index for so many rows and keeps those that match. What doesn't need the other
 * table is a condition of the index scan, so that the rows count that come near to matching. Stops
 * as soon as the page is full.
 */
export async function walkDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
  rows: number,
): Promise<WalkedPage> {
  const { rows: page } = await sql<SortedRow>`
    WITH way AS (${wayOf(options, order)} LIMIT ${rows}) ${pageOfWay(options, order)}
  `.execute(db);
  return { rows: page, isWhole: page.length === options.limit };
}

/** The same, and also finds out whether the way ends within so many rows. */
export async function walkToEnd(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
  rows: number,
): Promise<WalkedPage> {
  const { rows: found } = await sql<SortedRow & { id: string | null; walked: number }>`
    WITH way AS MATERIALIZED (${wayOf(options, order)} LIMIT ${rows}),
    page AS (${pageOfWay(options, order)})
    SELECT page.*, walked FROM (SELECT count(*)::integer AS walked FROM way) w LEFT JOIN page ON true
  `.execute(db);
  const page = found.filter(({ id }) => id !== null).map(({ walked, ...row }) => row);
  const ended = Number(found[0]?.walked) < rows && leadsToAll(options, order);
  return { rows: page, isWhole: ended || page.length === options.limit };
}

/** Whether every device that matches has the value that the way is sorted by. */
function leadsToAll(options: ListDevicesOptions, { of, indexed }: SortOrder): boolean {
  if (of === 'device') return true;
  // Without a condition on the status, devices without one match too.
  return indexed === undefined
    ? options.filter.batteryBelow !== undefined
    : conditionsOf(options).ofStatus.length > 0;
}

/** The page that begins so many rows on, when the index knows all that is asked. */
export async function skipDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<SortedRow[]> {
  const { rows } = await sql<SortedRow>`
    WITH way AS (${wayOf(options, order)} LIMIT ${options.limit} OFFSET ${options.offset ?? 0})
    ${pageOfWay(options, order)}
  `.execute(db);
  return rows;
}

function wayOf(options: ListDevicesOptions, order: SortOrder): RawBuilder<unknown> {
  const { source, after } = options;
  const { ofDevice, ofStatus } = conditionsOf(options);
  const where = order.of === 'device' ? [...ofDevice] : [...ofStatus];
  if (order.of === 'status') where.push(sql`${order.column} IS NOT NULL`);
  if (after !== undefined) where.push(afterPlaceByIndex(order, after));
  const from = order.of === 'device' ? sql`devices d` : sql`${source.table} s`;
  return sql`SELECT * FROM ${from} WHERE ${allOf(where)} ORDER BY ${indexOrderBy(order)}`;
}

/** What of the way matches, up to a page of it. A limit of one keeps whole tables from being joined. */
function pageOfWay(options: ListDevicesOptions, order: SortOrder): RawBuilder<unknown> {
  const { source, limit, onlineWithinSeconds } = options;
  const { ofDevice, ofStatus } = conditionsOf(options);
  const from =
    order.of === 'device'
      ? sql`way d LEFT JOIN LATERAL (
          SELECT * FROM ${source.table} s WHERE s.device_id = d.id LIMIT 1
        ) s ON true WHERE ${allOf(ofStatus)}`
      : sql`way s JOIN LATERAL (
          SELECT * FROM devices d WHERE d.id = s.device_id LIMIT 1
        ) d ON true WHERE ${allOf(ofDevice)}`;
  return sql`
    SELECT ${deviceColumns(onlineWithinSeconds)}, ${order.column}::text AS sort_key FROM ${from}
    ORDER BY ${indexOrderBy(order)} LIMIT ${limit}
  `;
}
