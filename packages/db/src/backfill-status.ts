import type { Kysely } from 'kysely';
import { withLock } from './advisory-lock.ts';
import { DAY_MS } from './day.ts';
import { findLastJobRun } from './queries/find-last-job-run.ts';
import { giveUpJobRuns } from './queries/give-up-job-runs.ts';
import { nextDeviceRange } from './queries/next-device-range.ts';
import {
  refreshStatus,
  STATUS_CHANGES,
  type StatusChange,
  type StatusChangeCounts,
} from './queries/refresh-status.ts';
import { saveJobRun } from './queries/save-job-run.ts';
import { startJobRun } from './queries/start-job-run.ts';
import type { Database } from './tables.ts';

export interface BackfillOptions {
  /** How far back the history is looked at. */
  days: number;
  /** Says what would change and changes nothing but the audit trail. */
  dryRun: boolean;
  /** Begins anew also when there is an unfinished run over as many days. */
  restart: boolean;
  /** Who or what started it, for the audit trail. */
  trigger: string;
  onProgress?: (progress: BackfillProgress) => void;
}

export interface BackfillProgress extends StatusChangeCounts {
  /** Devices looked at, those of the run that was continued too. */
  devices: number;
  /** How many there were at the start. */
  of_devices: number;
}

export interface BackfillResult extends StatusChangeCounts {
  run_id: string;
  /** When the run was begun that this one went on with; null for a run begun anew. */
  continued_from: Date | null;
  devices: number;
  /** The first changes that a dry run would make. */
  examples: StatusChange[];
}

type Checkpoint = StatusChangeCounts & { last_device_id: string | null; devices: number };

const NOTHING_DONE: Checkpoint = {
  last_device_id: null,
  devices: 0,
  inserted: 0,
  advanced: 0,
  repaired: 0,
  seen_later: 0,
};

const JOB = 'backfill';
const MAX_EXAMPLES = 10;
/** Heartbeats of a busy fleet that one statement looks at come to about a million. */
const DEVICE_DAYS_PER_CHUNK = 7_000;
const [MIN_CHUNK, MAX_CHUNK] = [50, 1_000];

/**
 * Brings the last status of every device to what the history of the last days knows, and never
 * backwards (see `refreshStatus`), a range of devices at a time. Killed anywhere, the next run with as
 * many days goes on behind the last range that was done.
 *
 * @param db needs two connections
 * @throws LockHeldError while another is at it
 */
export function backfillStatus(
  db: Kysely<Database>,
  options: BackfillOptions,
): Promise<BackfillResult> {
  if (options.dryRun) return runBackfill(db, options);
  return withLock(db, JOB, (connection) => runBackfill(connection, options));
}

async function runBackfill(
  db: Kysely<Database>,
  options: BackfillOptions,
): Promise<BackfillResult> {
  const { days, dryRun, trigger } = options;
  const params = { days, dry_run: dryRun };
  const unfinished = await findUnfinished(db, options, params);
  const id = unfinished?.id ?? (await startJobRun(db, { job: JOB, trigger, params }));
  if (!dryRun) await giveUpJobRuns(db, JOB, id);
  const done = { ...NOTHING_DONE, ...(unfinished?.result as Checkpoint | null) };
  const examples: StatusChange[] = [];
  try {
    await refreshAll(db, options, done, async (changes) => {
      examples.push(...changes.slice(0, MAX_EXAMPLES - examples.length));
      await saveJobRun(db, id, { status: 'running', result: done });
    });
    await saveJobRun(db, id, { status: 'succeeded', result: done });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // With the connection gone it can't be noted, and the error that counts is another.
    await saveJobRun(db, id, { status: 'interrupted', error: reason }).catch(() => undefined);
    throw error;
  }
  const { last_device_id: _, ...counts } = done;
  return { run_id: id, continued_from: unfinished?.started_at ?? null, ...counts, examples };
}

async function findUnfinished(
  db: Kysely<Database>,
  { dryRun, restart }: BackfillOptions,
  params: { days: number; dry_run: boolean },
) {
  if (dryRun || restart) return undefined;
  const last = await findLastJobRun(db, JOB, params);
  return last?.finished_at === null ? last : undefined;
}

/** Keeps `done` up to date, and calls `onChunk` after each range with its changes. */
async function refreshAll(
  db: Kysely<Database>,
  { days, dryRun, onProgress }: BackfillOptions,
  done: Checkpoint,
  onChunk: (changes: readonly StatusChange[]) => Promise<void>,
): Promise<void> {
  const since = new Date(Date.now() - days * DAY_MS);
  const chunk = Math.round(DEVICE_DAYS_PER_CHUNK / days);
  const limit = Math.min(MAX_CHUNK, Math.max(MIN_CHUNK, chunk));
  const { of_devices } = await db
    .selectFrom('devices')
    .select(({ fn }) => fn.countAll<bigint>().as('of_devices'))
    .executeTakeFirstOrThrow();
  for (;;) {
    const range = await nextDeviceRange(db, done.last_device_id, limit);
    if (range === undefined) return;
    const { counts, changes } = await refreshStatus(db, range, { since, dryRun, details: dryRun });
    for (const change of STATUS_CHANGES) done[change] += counts[change];
    done.devices += range.devices;
    done.last_device_id = range.through;
    await onChunk(changes);
    onProgress?.({ ...done, of_devices: Number(of_devices) });
  }
}
