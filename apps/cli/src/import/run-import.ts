import {
  findLastJobRun,
  giveUpJobRuns,
  saveJobRun,
  startJobRun,
  withLock,
  type DatabaseHandle,
} from '@nexmdm/db';
import { CommandError } from '../command-error.ts';
import { DeviceClaims } from './device-claims.ts';
import type { Finding, Findings } from './findings.ts';
import {
  createFromSource,
  describeSource,
  intoTarget,
  type ImportContext,
} from './import-context.ts';
import { importFleet, type FleetResult } from './import-fleet.ts';
import { importHistory, type DaysDone, type HistoryResult } from './import-history.ts';

type Database = DatabaseHandle['db'];

export interface ImportOptions {
  source: Database;
  target: Database;
  /** The source without its password, for messages and the audit trail. */
  address: string;
  /** 0 for none. */
  historyDays: number;
  dryRun: boolean;
  /** Reads also the days that an earlier run has completed. */
  everyDay: boolean;
  /** Who or what started it, for the audit trail. */
  trigger: string;
  findings: Findings;
  progress: (text: string) => void;
}

export interface ImportResult extends FleetResult {
  /** Null when none was asked for. */
  history: HistoryResult | null;
  /** How many devices were skipped or are noted, by reason. */
  reasons: Readonly<Record<string, number>>;
  /** The first of each reason. */
  examples: readonly Finding[];
}

const JOB = 'import';

/**
 * Copies devices, last statuses and history from a database of the first NexMDM. Running it again
 * completes what was broken off and changes nothing that is complete.
 *
 * @throws CommandError
 * @throws LockHeldError while another is at it
 */
export function runImport(options: ImportOptions): Promise<ImportResult> {
  if (options.dryRun) return importAll(options, { done: {}, save: () => Promise.resolve() });
  return withLock(options.target, JOB, async (target) => {
    const params = { source: options.address };
    const last = await findLastJobRun(target, JOB, params);
    const done = (last?.result as Checkpoint | null | undefined)?.days_done ?? {};
    const id = await startJobRun(target, {
      job: JOB,
      trigger: options.trigger,
      params: { ...params, history_days: options.historyDays },
    });
    await giveUpJobRuns(target, JOB, id);
    // What was done before stays known, however far this run comes.
    const save = (days_done: DaysDone) =>
      saveJobRun(target, id, { status: 'running', result: { days_done } });
    await save(done);
    const result = await importAll({ ...options, target }, { done, save });
    const { examples: _, ...counts } = result;
    await saveJobRun(target, id, { status: 'succeeded', result: { ...counts, days_done: done } });
    return result;
  });
}

interface Checkpoint {
  days_done?: DaysDone;
}

interface Progress {
  /** Kept up to date. */
  done: DaysDone;
  save: (done: DaysDone) => Promise<void>;
}

async function importAll(options: ImportOptions, { done, save }: Progress): Promise<ImportResult> {
  const { target, address, historyDays, dryRun, findings, progress } = options;
  const fromSource = createFromSource(options.source, address);
  const source = await describeSource(fromSource);
  if (historyDays > 0 && source.heartbeats === undefined) {
    throw new CommandError(
      `${address} has no table device_heartbeats. With --history-days 0 the devices are imported without a history.`,
    );
  }
  const context: ImportContext = {
    source,
    target,
    dryRun,
    findings,
    progress,
    fromSource,
    intoTarget,
  };
  const claims = new DeviceClaims();
  const fleet = await importFleet(context, claims);
  const history =
    source.heartbeats === undefined || historyDays === 0
      ? null
      : await importHistory(context, source.heartbeats, {
          historyDays,
          devices: claims.present,
          done: options.everyDay ? {} : trustedDays(done, fleet),
          onDone: async (day, counts) => {
            done[day] = counts;
            await intoTarget(() => save(done));
          },
        });
  const reasons = Object.fromEntries(findings.counts);
  return { ...fleet, history, reasons, examples: findings.examples };
}

/** A device that is new may have a history in the days of which something was left out. */
function trustedDays(done: DaysDone, { devices }: FleetResult): DaysDone {
  if (devices.imported === 0) return done;
  return Object.fromEntries(Object.entries(done).filter(([, { left_out }]) => left_out === 0));
}
