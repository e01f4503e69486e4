import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../tables.ts';
import { deviceColumns } from './device-columns.ts';
import { allOf, conditionsOf, fleet, fleetFromStatus } from './device-filter.ts';
import { afterPlaceOrWithout, orderBy, type SortOrder } from './device-sort.ts';
import type { ListDevicesOptions, SortedRow } from './list-devices.ts';

/**
 * Finds the devices that match and sorts them, unless there are more than `most`.
 *
 * @returns undefined when there are more
 */
export async function gatherFewDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
  most: number,
): Promise<SortedRow[] | undefined> {
  const { rows } = await sql<SortedRow & { matches: number }>`
    WITH matched AS MATERIALIZED (
      SELECT d.id AS device_id, ${order.column} AS sort_key
      FROM ${matching(options, order, true)} LIMIT ${most + 1}
    ), page AS MATERIALIZED (
      SELECT * FROM matched ORDER BY ${orderBy(order, sql`sort_key`, sql`device_id`)}
      LIMIT ${options.limit}
    )
    SELECT ${deviceColumns(options.onlineWithinSeconds)}, page.sort_key::text AS sort_key,
      (SELECT count(*)::integer FROM matched) AS matches
    ${ofPage(options, order)}
  `.execute(db);
  const [first] = rows;
  if (first !== undefined && first.matches > most) return undefined;
  return rows.map(({ matches, ...row }) => row);
}

/** Finds all devices that match and sorts them, however many. */
export async function gatherDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<SortedRow[]> {
  const { limit, offset = 0 } = options;
  // OFFSET 0 keeps the planner from walking along the order after all.
  const { rows } = await sql<SortedRow>`
    WITH page AS MATERIALIZED (
      SELECT * FROM (
        SELECT d.id AS device_id, ${order.column} AS sort_key
        FROM ${matching(options, order, false)} OFFSET 0
      ) matched
      ORDER BY ${orderBy(order, sql`sort_key`, sql`device_id`)} LIMIT ${limit} OFFSET ${offset}
    )
    SELECT ${deviceColumns(options.onlineWithinSeconds)}, page.sort_key::text AS sort_key
    ${ofPage(options, order)}
  `.execute(db);
  return rows;
}

/** Reads the status of all devices once, as a source without indexes needs it. */
export async function listInOnePass(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<SortedRow[]> {
  const { rows } = await sql<SortedRow>`
    SELECT ${deviceColumns(options.onlineWithinSeconds)}, ${order.column}::text AS sort_key
    FROM ${matching(options, order, false)}
    ORDER BY ${orderBy(order, order.column, sql`d.id`)}
    LIMIT ${options.limit} OFFSET ${options.offset ?? 0}
  `.execute(db);
  return rows;
}

/** The devices of `page` with all that is known of them. */
function ofPage({ source }: ListDevicesOptions, order: SortOrder): RawBuilder<unknown> {
  return sql`
    FROM page JOIN devices d ON d.id = page.device_id
      LEFT JOIN ${source.table} s ON s.device_id = page.device_id
    ORDER BY ${orderBy(order, sql`page.sort_key`, sql`page.device_id`)}
  `;
}

/** The devices that match and come after the place: what follows FROM. */
function matching(
  options: ListDevicesOptions,
  order: SortOrder,
  few: boolean,
): RawBuilder<unknown> {
  const conditions = conditionsOf(options);
  const where = [...conditions.ofDevice, ...conditions.ofStatus];
  if (options.after !== undefined) where.push(afterPlaceOrWithout(order, options.after));
  const from = few ? fleetFromStatus(options, conditions) : fleet(options, conditions);
  return sql`${from} WHERE ${allOf(where)}`;
}
