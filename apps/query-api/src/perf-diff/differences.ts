import type { DeviceRow, StatusReads } from '@nexmdm/db';
import type { Question } from '../fleet/question.ts';

/** A value that the two ways of reading don't agree on. */
export interface Difference {
  /** Null for a number of the whole fleet. */
  device_id: string | null;
  field: string;
  fast: unknown;
  legacy: unknown;
}

export interface BothWays {
  fast: StatusReads;
  legacy: StatusReads;
  /** The first day that history has. */
  findHistoryStart(): Promise<Date | undefined>;
  /** How many last statuses are older than that. */
  countForgotten(): Promise<number>;
  /** Devices whose newest heartbeat was stored before the history had all of the state. */
  listDevicesWithEarlyHistory(ids?: readonly string[]): Promise<string[]>;
}

/** A bucket of the history. */
const BUCKET_MS = 10_000;
/** An agent that had no answer sends the same heartbeat again within this time, and its bucket. */
const RETRY_MS = 5 * 60_000 + BUCKET_MS;
/** The counts into which a device falls that history no longer knows. */
const FORGOTTEN_COUNTS = new Set(['total', 'offline', 'never_seen', 'low_battery']);
/** What the history of earlier versions didn't have, or to 10 s only. */
const LATER_FIELDS = new Set(['last_ts', 'carrier', 'service_up']);
/** What follows from the arrival of the last heartbeat. */
const ARRIVAL_FIELDS = new Set(['last_seen', 'offline_seconds', 'status']);

/**
 * Where two answers differ. Both come from one snapshot of the database, taken at one time, so
 * nothing can have changed in between. Three things that history doesn't hold are allowed for:
 *
 * - Second and later heartbeats of a 10 s bucket. The last status has their state and their arrival,
 *   history the first one's. A device that lets nothing else be seen than this is not compared.
 * - What is older than the history reaches back. The legacy way doesn't know those devices' states.
 * - What earlier versions didn't store: until such a device reports again, its exact time, its carrier
 *   and whether the monitored app is in use.
 */
export async function differencesOf<T>(
  question: Question<T>,
  fastAnswer: T,
  legacyAnswer: T,
  both: BothWays,
): Promise<Difference[]> {
  const devices = await compareDevices(
    question.devicesOf?.(fastAnswer) ?? [],
    question.devicesOf?.(legacyAnswer) ?? [],
    both,
  );
  const numbers = compareNumbers(
    question.numbersOf?.(fastAnswer) ?? {},
    question.numbersOf?.(legacyAnswer) ?? {},
  );
  if (numbers.length === 0) return devices;
  const forgotten = await both.countForgotten();
  const remaining = numbers.filter(
    (one) => !(FORGOTTEN_COUNTS.has(one.field) && isWithin(one, forgotten)),
  );
  const service = remaining.find(({ field }) => field === 'service_down');
  if (service === undefined) return [...devices, ...remaining];
  const early = await both.listDevicesWithEarlyHistory();
  return [
    ...devices,
    ...remaining.filter((one) => one !== service || !isWithin(one, early.length)),
  ];
}

async function compareDevices(
  fastRows: readonly DeviceRow[],
  legacyRows: readonly DeviceRow[],
  both: BothWays,
): Promise<Difference[]> {
  const fast = byId(fastRows);
  const legacy = byId(legacyRows);
  // A device that is in one of the pages only is looked up the other way too: what differs put it there.
  await complete(fast, legacy, both.fast);
  await complete(legacy, fast, both.legacy);
  const historyStart = await both.findHistoryStart();
  const differences: Difference[] = [];
  let allowedFor = false;
  for (const [id, row] of fast) {
    const other = legacy.get(id);
    if (isBeforeHistory(row, historyStart) || (other && isSuperseded(row, other))) {
      allowedFor = true;
    } else {
      differences.push(...compareRows(id, row, other));
    }
  }
  for (const [id, row] of legacy) {
    if (!fast.has(id)) differences.push(...compareRows(id, undefined, row));
  }
  const told = await withoutLaterFields(differences, both);
  if (told.length > 0 || allowedFor || differences.length > 0) return told;
  return compareOrder(fastRows, legacyRows);
}

/** Leaves out what can't agree because the history's row is from before it had the field. */
async function withoutLaterFields(
  differences: readonly Difference[],
  both: BothWays,
): Promise<Difference[]> {
  const mayBeEarly = ({ field, fast, legacy }: Difference) =>
    LATER_FIELDS.has(field) && (legacy === null || isRounded(fast, legacy));
  const ids = differences.flatMap((one) =>
    one.device_id !== null && mayBeEarly(one) ? [one.device_id] : [],
  );
  if (ids.length === 0) return [...differences];
  const early = new Set<string | null>(await both.listDevicesWithEarlyHistory(ids));
  return differences.filter((one) => !(mayBeEarly(one) && early.has(one.device_id)));
}

function byId(rows: readonly DeviceRow[]): Map<string, DeviceRow> {
  return new Map(rows.map((row) => [row.id, row]));
}

async function complete(
  rows: Map<string, DeviceRow>,
  others: ReadonlyMap<string, DeviceRow>,
  reads: StatusReads,
): Promise<void> {
  const missing = [...others.keys()].filter((id) => !rows.has(id));
  if (missing.length === 0) return;
  for (const row of await reads.listDevicesById(missing)) rows.set(row.id, row);
}

function isBeforeHistory({ last_ts: lastTs }: DeviceRow, historyStart: Date | undefined): boolean {
  return lastTs !== null && (historyStart === undefined || lastTs < historyStart);
}

/** A later heartbeat of the same bucket has made the last status. */
function isSuperseded(fast: DeviceRow, legacy: DeviceRow): boolean {
  if (fast.last_ts === null || legacy.last_ts === null) return false;
  if (fast.last_seen === null || legacy.last_seen === null) return false;
  const later = fast.last_seen.getTime() - legacy.last_seen.getTime();
  return bucketOf(fast.last_ts) === bucketOf(legacy.last_ts) && later > 0 && later <= RETRY_MS;
}

function isRounded(fast: unknown, legacy: unknown): boolean {
  return (
    fast instanceof Date &&
    legacy instanceof Date &&
    legacy.getTime() === bucketOf(fast) * BUCKET_MS
  );
}

function bucketOf(time: Date): number {
  return Math.floor(time.getTime() / BUCKET_MS);
}

function compareRows(
  id: string,
  fast: DeviceRow | undefined,
  legacy: DeviceRow | undefined,
): Difference[] {
  if (fast === undefined || legacy === undefined) {
    return [
      { device_id: id, field: 'device', fast: fast !== undefined, legacy: legacy !== undefined },
    ];
  }
  const fields = Object.keys(fast).filter((field) => field !== 'place') as (keyof DeviceRow)[];
  const differing = fields.filter((field) => plain(fast[field]) !== plain(legacy[field]));
  // What only follows from another arrival says nothing more.
  const told = differing.includes('last_seen')
    ? differing.filter((field) => field === 'last_seen' || !ARRIVAL_FIELDS.has(field))
    : differing;
  return told.map((field) => ({
    device_id: id,
    field,
    fast: fast[field],
    legacy: legacy[field],
  }));
}

/** Every device agrees, and yet one answer has others, or has them in another order. */
function compareOrder(fast: readonly DeviceRow[], legacy: readonly DeviceRow[]): Difference[] {
  const at = Math.max(fast.length, legacy.length);
  for (let place = 0; place < at; place += 1) {
    const [one, other] = [fast[place]?.id ?? null, legacy[place]?.id ?? null];
    if (one !== other) return [{ device_id: null, field: 'order', fast: one, legacy: other }];
  }
  return [];
}

function compareNumbers(
  fast: Readonly<Record<string, number>>,
  legacy: Readonly<Record<string, number>>,
): Difference[] {
  return Object.entries(fast)
    .filter(([field, value]) => legacy[field] !== undefined && legacy[field] !== value)
    .map(([field, value]) => ({ device_id: null, field, fast: value, legacy: legacy[field] }));
}

function isWithin({ fast, legacy }: Difference, tolerance: number): boolean {
  return Math.abs(Number(fast) - Number(legacy)) <= tolerance;
}

/** As it is compared: times by their moment, everything else by its value. */
function plain(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}
