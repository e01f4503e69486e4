import { sql, type RawBuilder } from 'kysely';
import { seenBucket } from './seen-bucket.ts';

/** Orders of the fleet; `-` turns one around. Devices without the value come last in both. */
export const DEVICE_SORTS = [
  'alias',
  '-alias',
  'created_at',
  '-created_at',
  'last_seen',
  '-last_seen',
  'battery_pct',
  '-battery_pct',
] as const;
export type DeviceSort = (typeof DEVICE_SORTS)[number];

/** The last device of a page: the next one begins after it. */
export interface DevicePlace {
  /** The value it is sorted by, as PostgreSQL writes it. */
  key: string | null;
  id: string;
}

interface SortKey {
  column: RawBuilder<unknown>;
  type: RawBuilder<unknown>;
  /** Whether the value is the device's or its status'. */
  of: 'device' | 'status';
  /** What the rows are read in the order of; it never contradicts the value. */
  indexOrder: RawBuilder<unknown>[];
  /** What the index has instead of the value, for a value. */
  indexed?: {
    column: RawBuilder<unknown>;
    of: (value: RawBuilder<unknown>) => RawBuilder<unknown>;
  };
}

const KEYS: Record<string, SortKey> = {
  alias: { column: sql`d.alias`, type: sql`text`, of: 'device', indexOrder: [sql`d.alias`] },
  created_at: {
    column: sql`d.created_at`,
    type: sql`timestamptz`,
    of: 'device',
    indexOrder: [sql`d.created_at`, sql`d.id`],
  },
  last_seen: {
    column: sql`s.last_seen_at`,
    type: sql`timestamptz`,
    of: 'status',
    indexOrder: [sql`s.seen_bucket`, sql`s.last_seen_at`, sql`s.device_id`],
    indexed: { column: sql`s.seen_bucket`, of: seenBucket },
  },
  battery_pct: {
    column: sql`s.battery_pct`,
    type: sql`smallint`,
    of: 'status',
    indexOrder: [sql`s.battery_pct`, sql`s.device_id`],
  },
};

export interface SortOrder extends SortKey {
  descending: boolean;
}

export function sortOrder(sort: DeviceSort): SortOrder {
  const descending = sort.startsWith('-');
  const key = KEYS[descending ? sort.slice(1) : sort];
  if (key === undefined) throw new RangeError(`there is no order ${sort}`);
  return { ...key, descending };
}

/** For ORDER BY, over all devices. */
export function orderBy(
  { descending }: SortOrder,
  key: RawBuilder<unknown>,
  id: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const direction = descending ? sql`DESC` : sql`ASC`;
  return sql`${key} ${direction} NULLS LAST, ${id} ${direction}`;
}

/** For ORDER BY of an index, over the devices that have the value. */
export function indexOrderBy({ descending, indexOrder }: SortOrder): RawBuilder<unknown> {
  const direction = descending ? sql`DESC` : sql`ASC`;
  return sql.join(indexOrder.map((column) => sql`${column} ${direction}`));
}

/** Comes after the place, among the devices that have the value. */
function afterPlace(order: SortOrder, place: DevicePlace): RawBuilder<unknown> {
  const { column, type, descending, of } = order;
  const id = of === 'device' ? sql`d.id` : sql`s.device_id`;
  return sql`(${column}, ${id}) ${descending ? sql`<` : sql`>`} (${place.key}::text::${type}, ${place.id}::uuid)`;
}

/** The same, with what lets an index begin there. */
export function afterPlaceByIndex(order: SortOrder, place: DevicePlace): RawBuilder<unknown> {
  const { indexed, type, descending } = order;
  if (indexed === undefined) return afterPlace(order, place);
  const from = indexed.of(sql`${place.key}::text::${type}`);
  const begins = sql`${indexed.column} ${descending ? sql`<=` : sql`>=`} ${from}`;
  return sql`${begins} AND ${afterPlace(order, place)}`;
}

/** Comes after the place, whether or not it has the value. */
export function afterPlaceOrWithout(order: SortOrder, place: DevicePlace): RawBuilder<unknown> {
  const { column, descending } = order;
  return place.key === null
    ? sql`(${column} IS NULL AND d.id ${descending ? sql`<` : sql`>`} ${place.id}::uuid)`
    : sql`(${afterPlace(order, place)} OR ${column} IS NULL)`;
}
