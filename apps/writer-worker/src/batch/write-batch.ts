import type { HeartbeatRecord } from '@nexmdm/contracts';
import type { Day, DualWriteResult, FactsUpdate } from '@nexmdm/db';
import { backoffMs, pause, type Logger } from '@nexmdm/service';
import type { WriterMetrics } from '../metrics.ts';
import type { ChangedFacts } from './changed-facts.ts';
import { isolatePoison, type Poison } from './isolate.ts';

/** What the writer asks of the database. */
export interface HeartbeatStore {
  /** History, last status and changed facts: all of it or nothing. */
  write(
    records: readonly HeartbeatRecord[],
    facts: readonly FactsUpdate[],
  ): Promise<DualWriteResult & { factsUpdates: number }>;
  /** Makes a day's partition; tells whether it was made now. */
  ensurePartition(day: Day): Promise<boolean>;
  isMissingPartition(error: unknown): boolean;
  /** Trying again later may help. */
  mayPass(error: unknown): boolean;
  isPoison(error: unknown): boolean;
  errorCode(error: unknown): string;
  dayOf(epochMs: number): Day;
}

export interface BatchWriterOptions {
  store: HeartbeatStore;
  facts: ChangedFacts;
  metrics: WriterMetrics;
  logger: Logger;
  /** Fires when waiting for the database has to end: the heartbeats stay in the stream. */
  giveUp: AbortSignal;
  /** Gets what was committed. Must neither wait nor throw. */
  onCommitted: (records: readonly HeartbeatRecord[]) => void;
}

/** The process stops before the database took the batch. */
export class GaveUpError extends Error {
  override readonly name = 'GaveUpError';
}

/** A day's partition can't be made, however often it is tried. */
class NoPartitionError extends Error {
  override readonly name = 'NoPartitionError';
  readonly day: Day;

  constructor(day: Day, cause: unknown) {
    super(`the partition of ${day} can't be made`, { cause });
    this.day = day;
  }
}

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 5_000;

/** Stores batches, whatever it takes: waits for the database, makes partitions, sorts out poison. */
export class BatchWriter {
  readonly #options: BatchWriterOptions;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /**
   * Resolves once every heartbeat is committed, except those returned, which the database refuses.
   *
   * @throws GaveUpError
   */
  async write(records: readonly HeartbeatRecord[]): Promise<Poison[]> {
    const { store } = this.#options;
    try {
      return await isolatePoison(
        records,
        (part) => this.#writeUntilTaken(part),
        (error) => store.isPoison(error),
      );
    } catch (error) {
      if (!(error instanceof NoPartitionError)) throw error;
      // That day's heartbeats are put aside, so that the other days' don't wait for a remedy.
      const isOfDay = ({ event_at }: HeartbeatRecord) => store.dayOf(event_at) === error.day;
      const poison = records.filter(isOfDay).map((record) => ({ record, error: error.cause }));
      const others = records.filter((record) => !isOfDay(record));
      return [...poison, ...(others.length > 0 ? await this.write(others) : [])];
    }
  }

  async #writeUntilTaken(records: readonly HeartbeatRecord[]): Promise<void> {
    const { store, metrics, logger, giveUp } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#writeOnce(records);
        if (attempt > 1) logger.info('writer.recovered', { attempt, heartbeats: records.length });
        return;
      } catch (error) {
        if (store.isPoison(error)) throw error;
        if (store.isMissingPartition(error) && (await this.#makePartitions(records))) continue;
        const code = store.errorCode(error);
        metrics.retries.inc({ code });
        const waitMs = Math.round(backoffMs(attempt, RETRY_BASE_MS, RETRY_MAX_MS));
        logger.warn('writer.retry', { attempt, code, wait_ms: waitMs, error });
        await pause(waitMs, giveUp);
        if (giveUp.aborted) throw new GaveUpError('stopped before the database took the batch');
      }
    }
  }

  async #writeOnce(records: readonly HeartbeatRecord[]): Promise<void> {
    const { store, facts, metrics, onCommitted } = this.#options;
    const started = performance.now();
    const updates = facts.select(records);
    const result = await store.write(records, updates);
    facts.remember(updates);
    metrics.writeLatencyMs.observe(performance.now() - started);
    metrics.batchRows.observe(records.length);
    metrics.writes.inc(result.written);
    metrics.deduplicated.inc(result.deduplicated);
    metrics.statusUpserts.inc(result.statusUpserts);
    metrics.factsUpdates.inc(result.factsUpdates);
    onCommitted(records);
  }

  /**
   * Tells whether every day of the records has its partition now; if not, trying again may help.
   *
   * @throws NoPartitionError
   */
  async #makePartitions(records: readonly HeartbeatRecord[]): Promise<boolean> {
    const { store, metrics, logger } = this.#options;
    const days = new Set(records.map(({ event_at }) => store.dayOf(event_at)));
    for (const day of days) {
      try {
        if (!(await store.ensurePartition(day))) continue;
        metrics.partitionsCreated.inc();
        logger.info('partition.create', { day });
      } catch (error) {
        metrics.partitionCreateFailures.inc();
        logger.error('partition.create_failed', { day, error });
        if (!store.mayPass(error)) throw new NoPartitionError(day, error);
        return false;
      }
    }
    return true;
  }
}
