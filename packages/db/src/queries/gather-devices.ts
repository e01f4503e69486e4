import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../tables.ts';
import { deviceColumns } from './device-columns.ts';
import { allOf, conditionsOf, fleet } from './device-filter.ts';
import { afterPlaceOrWithout, orderBy, type SortOrder } from './device-sort.ts';
import type { ListDevicesOptions, SortedRow } from './list-devices.ts';

/**
 * Finds the devices that match and sorts them, unless there are more than `most`.
 *
 * @param first `status`: gives up as soon as more than `most` have such a status, whatever is asked of
 *   the device besides, which costs little; `all`: when more match in all
 * @returns undefined when there are more
 */
export async function gatherFewDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
  most: number,
  first: 'status' | 'all',
): Promise<SortedRow[] | undefined> {
  const { rows } = await sql<
    SortedRow & { id: string | null; matches: number; typed_sort_key: unknown }
  >`
    WITH ${fewMatching(options, order, most, first)},
    page AS MATERIALIZED (
      SELECT * FROM matched WHERE (SELECT matches FROM counted) <= ${most}
      ORDER BY ${orderBy(order, sql`sort_key`, sql`device_id`)} LIMIT ${options.limit}
    )
    SELECT counted.matches, found.*
    FROM counted LEFT JOIN (
      SELECT ${deviceColumns(options.onlineWithinSeconds)}, page.sort_key::text AS sort_key,
        page.sort_key AS typed_sort_key
      FROM ${pageWithStatus(options)}
    ) found ON true
    ORDER BY ${orderBy(order, sql`found.typed_sort_key`, sql`found.id`)}
  `.execute(db);
  if (Number(rows[0]?.matches) > most) return undefined;
  return rows.filter(({ id }) => id !== null).map(({ matches, typed_sort_key, ...row }) => row);
}

/** `matched`, and `counted`: how many they are, at most one more than `most`. */
function fewMatching(
  options: ListDevicesOptions,
  order: SortOrder,
  most: number,
  first: 'status' | 'all',
): RawBuilder<unknown> {
  const conditions = conditionsOf(options);
  const { ofDevice, ofStatus } = conditions;
  const beyond = options.after === undefined ? [] : [afterPlaceOrWithout(order, options.after)];
  const key = sql`d.id AS device_id, ${order.column} AS sort_key`;
  return first === 'status'
    ? sql`
      few AS MATERIALIZED (
        SELECT * FROM ${options.source.table} s WHERE ${allOf(ofStatus)} LIMIT ${most + 1}
      ), counted AS MATERIALIZED (
        SELECT count(*)::integer AS matches FROM few
      ), matched AS (
        SELECT ${key}
        FROM few s JOIN LATERAL (SELECT * FROM devices d WHERE d.id = s.device_id LIMIT 1) d ON true
        WHERE ${allOf([...ofDevice, ...beyond])}
      )`
    : sql`
      matched AS MATERIALIZED (
        SELECT ${key} FROM ${fleet(options, conditions)}
        WHERE ${allOf([...ofDevice, ...ofStatus, ...beyond])} LIMIT ${most + 1}
      ), counted AS MATERIALIZED (
        SELECT count(*)::integer AS matches FROM matched
      )`;
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
        FROM ${matching(options, order)} OFFSET 0
      ) matched
      ORDER BY ${orderBy(order, sql`sort_key`, sql`device_id`)} LIMIT ${limit} OFFSET ${offset}
    )
    SELECT ${deviceColumns(options.onlineWithinSeconds)}, page.sort_key::text AS sort_key
    FROM ${pageWithStatus(options)}
    ORDER BY ${orderBy(order, sql`page.sort_key`, sql`page.device_id`)}
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
    FROM ${matching(options, order)}
    ORDER BY ${orderBy(order, order.column, sql`d.id`)}
    LIMIT ${options.limit} OFFSET ${options.offset ?? 0}
  `.execute(db);
  return rows;
}

/** The devices of `page` with all that is known of them. */
function pageWithStatus({ source }: ListDevicesOptions): RawBuilder<unknown> {
  return sql`page JOIN devices d ON d.id = page.device_id
    LEFT JOIN ${source.table} s ON s.device_id = page.device_id`;
}

/** The devices that match and come after the place: what follows FROM. */
function matching(options: ListDevicesOptions, order: SortOrder): RawBuilder<unknown> {
  const conditions = conditionsOf(options);
  const where = [...conditions.ofDevice, ...conditions.ofStatus];
  if (options.after !== undefined) where.push(afterPlaceOrWithout(order, options.after));
  return sql`${fleet(options, conditions)} WHERE ${allOf(where)}`;
}
