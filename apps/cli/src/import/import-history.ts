import {
  addDays,
  countHeartbeats,
  dayOf,
  ensurePartition,
  importHeartbeats,
  listClosedDays,
  mayPass,
  readSourceHeartbeats,
  startOfDay,
  type Day,
  type SourceTable,
} from '@nexmdm/db';
import { backoffMs, pause } from '@nexmdm/service';
import { BucketFilter } from './bucket-filter.ts';
import type { ImportContext } from './import-context.ts';
import { latestTime } from './latest-time.ts';
import { readAhead } from './read-ahead.ts';

export interface HeartbeatCounts {
  read: number;
  imported: number;
  already_there: number;
  /** Second and later ones of a device within 10 s. */
  same_bucket: number;
  /** Of times that are still to come. */
  in_future: number;
  /** Of devices that were skipped, or are unknown. */
  left_out: number;
}

export interface HistoryResult extends HeartbeatCounts {
  days: number;
  /** Days that an earlier run had completed and that were not read again. */
  days_done_before: number;
  /** Days whose partition is archived here: what was added to it would be dropped with it. */
  days_closed: Day[];
}

/** The days that are done, and what was read of each. */
export type DaysDone = Record<Day, HeartbeatCounts>;

export interface HistoryOptions {
  /** The days from now back, besides the one under way. */
  historyDays: number;
  /** The devices to import heartbeats of. */
  devices: ReadonlySet<string>;
  done: Readonly<DaysDone>;
  /** Called with each day once it can't change any more. */
  onDone: (day: Day, counts: HeartbeatCounts) => Promise<void>;
}

const CHUNK = 5_000;
/** What came in just before midnight is committed by then. */
const SETTLED_MS = 10 * 60_000;
const PARTITION_ATTEMPTS = 8;

/** Imports the history day by day, the newest first. */
export async function importHistory(
  context: ImportContext,
  table: SourceTable,
  { historyDays, devices, done, onDone }: HistoryOptions,
): Promise<HistoryResult> {
  const { target, dryRun } = context;
  const result: HistoryResult = {
    ...NOTHING,
    days: historyDays + 1,
    days_done_before: 0,
    days_closed: [],
  };
  const closed = await context.intoTarget(() => listClosedDays(target));
  const today = dayOf(Date.now());
  for (let back = 0; back <= historyDays; back += 1) {
    const day = addDays(today, -back);
    const before = done[day];
    if (closed.has(day)) {
      result.days_closed.push(day);
    } else if (before !== undefined && (await holds(context, day, before))) {
      result.days_done_before += 1;
      const { read, imported, already_there, ...rest } = before;
      add(result, { read, imported: 0, already_there: imported + already_there, ...rest });
    } else {
      const began = Date.now();
      const end = startOfDay(addDays(day, 1)).getTime();
      const latestMs = Math.min(latestTime().getTime(), end - 1);
      const filter = new BucketFilter(devices, latestMs);
      // What is of no day up to now is read, and counted, with the one under way.
      const counts = await importDay(context, table, day, { andLater: back === 0, filter }, result);
      if (!dryRun && began > end + SETTLED_MS) await onDone(day, counts);
    }
  }
  return result;
}

const NOTHING: HeartbeatCounts = {
  read: 0,
  imported: 0,
  already_there: 0,
  same_bucket: 0,
  in_future: 0,
  left_out: 0,
};

/** Whether what an earlier run brought is still here. */
async function holds(
  { target, intoTarget }: ImportContext,
  day: Day,
  before: HeartbeatCounts,
): Promise<boolean> {
  const here = before.imported + before.already_there;
  return here === 0 || (await intoTarget(() => countHeartbeats(target, day))) >= here;
}

async function importDay(
  context: ImportContext,
  table: SourceTable,
  day: Day,
  { andLater, filter }: { andLater: boolean; filter: BucketFilter },
  total: HeartbeatCounts,
): Promise<HeartbeatCounts> {
  const { target, dryRun, progress, fromSource, intoTarget } = context;
  const counts = { ...NOTHING };
  await fromSource(async (transaction) => {
    const read = readSourceHeartbeats(transaction, table, day, andLater, CHUNK);
    for await (const rows of readAhead(read)) {
      const heartbeats = filter.take(rows);
      if (counts.read === 0 && !dryRun) await intoTarget(() => makePartition(target, day));
      const imported = await intoTarget(() => importHeartbeats(target, day, heartbeats, dryRun));
      const part = {
        read: rows.length,
        imported,
        already_there: heartbeats.length - imported,
        ...filter.takeCounts(),
      };
      add(counts, part);
      add(total, part);
      progress(`history: ${day}, ${total.read} heartbeats read, ${total.imported} imported so far`);
    }
  });
  return counts;
}

/** It gives way to whoever works with the table, so it may take some attempts. */
async function makePartition(target: ImportContext['target'], day: Day): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ensurePartition(target, day);
      return;
    } catch (error) {
      if (attempt === PARTITION_ATTEMPTS || !mayPass(error)) throw error;
      await pause(backoffMs(attempt, 200, 5_000));
    }
  }
}

function add(sum: HeartbeatCounts, part: HeartbeatCounts): void {
  for (const name of Object.keys(NOTHING) as (keyof HeartbeatCounts)[]) sum[name] += part[name];
}
