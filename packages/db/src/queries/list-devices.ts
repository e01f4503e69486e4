import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../tables.ts';
import { deviceColumns, type DeviceRow } from './device-columns.ts';
import { allOf, conditionsOf, fleet, type FilterOptions } from './device-filter.ts';
import {
  afterPlaceByIndex,
  afterPlaceOrWithout,
  indexOrderBy,
  orderBy,
  sortOrder,
  type DevicePlace,
  type DeviceSort,
  type SortOrder,
} from './device-sort.ts';

export interface ListDevicesOptions extends FilterOptions {
  sort: DeviceSort;
  /** The last device of the page before. */
  after?: DevicePlace | undefined;
  /** How many to pass over; for lists with page numbers. */
  offset?: number | undefined;
  limit: number;
}

/** A device, and where the list goes on after it. */
export type ListedDevice = DeviceRow & { place: DevicePlace };

interface Row extends DeviceRow {
  sort_key: string | null;
}

/** How many rows are looked at in the wanted order before another way is tried: first, and then. */
const WALK = { first: 1_000, then: 20_000 };
/** So many matching devices are gathered and sorted rather than looked for one by one. */
const GATHER_MAX = 2_000;

/**
 * A page of the devices that are not deleted.
 *
 * Which way is fast depends on how many devices match and where in the order they are, and no
 * statistics know the latter. So the page is tried for with a bounded effort, dearer each time:
 * walk along the order, for a filter that many match; gather all that match and sort them, for one
 * that few match; walk further; and gather whatever it costs. Without its indexes (the legacy
 * source) only the last remains.
 */
export async function listDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
): Promise<ListedDevice[]> {
  const order = sortOrder(options.sort);
  const rows = options.source.indexed
    ? await listByIndex(db, options, order)
    : await listInOnePass(db, options, order);
  return rows.map(({ sort_key: key, ...device }) => ({ ...device, place: { key, id: device.id } }));
}

async function listByIndex(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<Row[]> {
  if (options.offset !== undefined) return listAtOffset(db, options, order);
  const walkFor = async (rows: number) => {
    // Among the devices without the value there is no order to walk along.
    if (options.after?.key === null || options.filter.status === 'never') return undefined;
    const page = await walk(db, options, order, rows);
    return page.length === options.limit ? page : undefined;
  };
  return (
    (await walkFor(WALK.first)) ??
    (await gather(db, options, order, GATHER_MAX)) ??
    (await walkFor(WALK.then)) ??
    (await gather(db, options, order, undefined)) ??
    []
  );
}

/** Rows can be passed over in the index only where none of them would be left out later. */
async function listAtOffset(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<Row[]> {
  return order.of === 'device' && conditionsOf(options).ofStatus.length === 0
    ? walk(db, options, order, options.limit)
    : ((await gather(db, options, order, undefined)) ?? []);
}

/** Follows the order's index for so many rows and keeps those that match. */
async function walk(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
  rows: number,
): Promise<Row[]> {
  const { source, after, limit, offset = 0, onlineWithinSeconds } = options;
  const { ofDevice, ofStatus } = conditionsOf(options);
  const onTheWay = [...(order.of === 'device' ? ofDevice : ofStatus)];
  if (order.of === 'status') onTheWay.push(sql`${order.column} IS NOT NULL`);
  if (after !== undefined) onTheWay.push(afterPlaceByIndex(order, after));
  // A limit of one keeps the planner from joining whole tables.
  const way =
    order.of === 'device'
      ? sql`
        (SELECT * FROM devices d WHERE ${allOf(onTheWay)} ORDER BY ${indexOrderBy(order)} LIMIT ${rows} OFFSET ${offset}) d
        LEFT JOIN LATERAL (SELECT * FROM ${source.table} s WHERE s.device_id = d.id LIMIT 1) s ON true
        WHERE ${allOf(ofStatus)}`
      : sql`
        (SELECT * FROM ${source.table} s WHERE ${allOf(onTheWay)} ORDER BY ${indexOrderBy(order)} LIMIT ${rows}) s
        JOIN LATERAL (SELECT * FROM devices d WHERE d.id = s.device_id LIMIT 1) d ON true
        WHERE ${allOf(ofDevice)}`;
  const { rows: page } = await sql<Row>`
    SELECT ${deviceColumns(onlineWithinSeconds)}, ${order.column}::text AS sort_key
    FROM ${way}
    ORDER BY ${indexOrderBy(order)} LIMIT ${limit}
  `.execute(db);
  return page;
}

/**
 * Finds all that match and sorts them.
 *
 * @param most undefined for any number
 * @returns undefined when more than `most` match
 */
async function gather(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
  most: number | undefined,
): Promise<Row[] | undefined> {
  const { source, limit, offset = 0, onlineWithinSeconds } = options;
  const upTo = most === undefined ? sql`` : sql`LIMIT ${most + 1}`;
  const sorted = (id: RawBuilder<unknown>) => orderBy(order, sql`sort_key`, id);
  const { rows } = await sql<Row & { matches: number }>`
    WITH matched AS MATERIALIZED (
      SELECT d.id AS device_id, ${order.column} AS sort_key
      FROM ${matching(options, order)} ${upTo}
    ), page AS MATERIALIZED (
      SELECT * FROM matched ORDER BY ${sorted(sql`device_id`)} LIMIT ${limit} OFFSET ${offset}
    )
    SELECT ${deviceColumns(onlineWithinSeconds)}, page.sort_key::text AS sort_key,
      (SELECT count(*)::integer FROM matched) AS matches
    FROM page JOIN devices d ON d.id = page.device_id
      LEFT JOIN ${source.table} s ON s.device_id = d.id
    ORDER BY ${orderBy(order, sql`page.sort_key`, sql`d.id`)}
  `.execute(db);
  const [first] = rows;
  if (first !== undefined && most !== undefined && first.matches > most) return undefined;
  return rows.map(({ matches: _, ...row }) => row);
}

/** Reads the status of all devices once, as a source without indexes needs it. */
async function listInOnePass(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<Row[]> {
  const { rows } = await sql<Row>`
    SELECT ${deviceColumns(options.onlineWithinSeconds)}, ${order.column}::text AS sort_key
    FROM ${matching(options, order)}
    ORDER BY ${orderBy(order, order.column, sql`d.id`)} LIMIT ${options.limit} OFFSET ${options.offset ?? 0}
  `.execute(db);
  return rows;
}

/** The devices that match and come after the place: what follows FROM. */
function matching(options: ListDevicesOptions, order: SortOrder): RawBuilder<unknown> {
  const conditions = conditionsOf(options);
  const where = [...conditions.ofDevice, ...conditions.ofStatus];
  if (options.after !== undefined) where.push(afterPlaceOrWithout(order, options.after));
  return sql`${fleet(options, conditions)} WHERE ${allOf(where)}`;
}
