import type { Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import type { DeviceRow } from './device-columns.ts';
import { conditionsOf, type FilterOptions } from './device-filter.ts';
import { sortOrder, type DevicePlace, type DeviceSort, type SortOrder } from './device-sort.ts';
import { gatherDevices, gatherFewDevices, listInOnePass } from './gather-devices.ts';
import { skipDevices, walkDevices, walkToEnd } from './walk-devices.ts';

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

/** A row as the steps read it. */
export interface SortedRow extends DeviceRow {
  sort_key: string | null;
}

/** How many rows are looked at in the wanted order; the page is near when it should be full by then. */
const WALK = { first: 1_000, near: 4_000, further: 20_000 };
/** So many matching devices are gathered and sorted rather than looked for one by one. */
const GATHER_MAX = 2_000;

/**
 * A page of the devices that are not deleted.
 *
 * Which way is fast depends on how many devices match and where in the order they are, and no
 * statistics know the latter. So the page is tried for with a bounded effort, dearer each time: where
 * the order's index knows nearly all that is asked, walk along it; where few have the status that is
 * asked for, gather and sort those; else walk a little, and see how many match; walk further when they
 * were not too few, or gather; and last, gather whatever it costs. Without its indexes (the legacy
 * source) there is one way only.
 */
export async function listDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
): Promise<ListedDevice[]> {
  const order = sortOrder(options.sort);
  const rows = options.source.indexed
    ? await listByIndex(db, options, order)
    : await listInOnePass(db, options, order);
  return rows.map(toListedDevice);
}

function toListedDevice({ sort_key: key, ...device }: SortedRow): ListedDevice {
  return { ...device, place: { key, id: device.id } };
}

async function listByIndex(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<SortedRow[]> {
  if (options.offset !== undefined) return listAtOffset(db, options, order);
  const gatherFew = (first: 'status' | 'all') =>
    gatherFewDevices(db, options, order, GATHER_MAX, first);
  const gatherAll = () => gatherDevices(db, options, order);
  const walk = async (rows: number) => {
    const page = await walkDevices(db, options, order, rows);
    return page.isWhole ? page.rows : undefined;
  };
  if (!canWalk(options, order)) return (await gatherFew('all')) ?? gatherAll();
  if (isKnownToIndex(options, order)) return skipDevices(db, options, order);

  const { ofDevice, ofStatus } = conditionsOf(options);
  const onlyNotDeleted = ofDevice.length === 1;
  if (order.of === 'status' && onlyNotDeleted) {
    const page = await walk(WALK.first);
    if (page !== undefined) return page;
  }
  if (ofStatus.length > 0 && options.filter.status !== 'never') {
    const few = await gatherFew('status');
    if (few !== undefined) return few;
    if (onlyNotDeleted) return (await walk(WALK.further)) ?? gatherAll();
  }
  const first = await walkToEnd(db, options, order, WALK.first);
  if (first.isWhole) return first.rows;
  const isNear = (options.limit / first.rows.length) * WALK.first <= WALK.near;
  const steps = [() => walk(WALK.further), () => gatherFew('all')];
  for (const step of isNear ? steps : steps.toReversed()) {
    const page = await step();
    if (page !== undefined) return page;
  }
  return gatherAll();
}

/** Among devices without the value there is no order to walk along. */
function canWalk({ after, filter }: ListDevicesOptions, order: SortOrder): boolean {
  return after?.key !== null && (order.of === 'device' || filter.status !== 'never');
}

/** Whether no row that the order's index finds would be left out later. */
function isKnownToIndex(options: ListDevicesOptions, order: SortOrder): boolean {
  return order.of === 'device' && conditionsOf(options).ofStatus.length === 0;
}

/** Rows can be passed over in the index only where it knows all that is asked. */
function listAtOffset(
  db: Kysely<Database>,
  options: ListDevicesOptions,
  order: SortOrder,
): Promise<SortedRow[]> {
  return isKnownToIndex(options, order)
    ? skipDevices(db, options, order)
    : gatherDevices(db, options, order);
}
