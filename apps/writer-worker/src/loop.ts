import { backoffMs, pause, type Logger } from '@nexmdm/service';
import {
  isGroupMissing,
  type NewDeadLetter,
  type ShardConsumer,
  type StreamEntry,
} from '@nexmdm/stream';
import type { Collector } from './batch/collect.ts';
import { GaveUpError, type BatchWriter } from './batch/write-batch.ts';
import type { WriterMetrics } from './metrics.ts';
import type { Reclaimer } from './reclaim.ts';

export interface ShardLoopOptions {
  consumer: ShardConsumer;
  collector: Collector;
  reclaimer: Reclaimer;
  writer: BatchWriter;
  maxRows: number;
  /** Runs at most so many writes of all shards at once. */
  inWriteSlot: <T>(write: () => Promise<T>) => Promise<T>;
  addDeadLetter: (letter: NewDeadLetter) => Promise<void>;
  restoreGroup: () => Promise<void>;
  describeError: (error: unknown) => string;
  metrics: WriterMetrics;
  logger: Logger;
  /** Fires when no more is to be read. */
  stopping: AbortSignal;
  /** Fires when what is in hand has to be left to others. */
  giveUp: AbortSignal;
}

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 1_000;

/**
 * Moves one shard's heartbeats into the database: collects a batch, stores it, and acknowledges its
 * entries after the commit, while the next batch is being collected. Batches of a shard are stored
 * one after the other.
 */
export async function runShardLoop(options: ShardLoopOptions): Promise<void> {
  const { stopping } = options;
  let storing: Promise<void> = Promise.resolve();
  let failures = 0;
  while (!stopping.aborted) {
    let entries: StreamEntry[] = [];
    try {
      entries = await options.reclaimer.take();
      if (entries.length === 0) entries = await options.collector.next();
      failures = 0;
    } catch (error) {
      failures += 1;
      await recover(options, error, failures);
    }
    await storing;
    if (entries.length > 0) {
      storing = storeEntries(options, entries).catch((error: unknown) => {
        // Nothing is lost: the entries are not acknowledged. Any other error is a fault of this
        // program; the process ends with it, and the next one takes the entries over.
        if (!(error instanceof GaveUpError)) throw error;
      });
    }
  }
  await storing;
}

async function recover(options: ShardLoopOptions, error: unknown, failures: number): Promise<void> {
  const { consumer, logger, stopping } = options;
  const { shard } = consumer.keys;
  if (isGroupMissing(error)) {
    logger.error('stream.group_missing', {
      shard,
      detail: 'Redis lost the stream or its group; making it anew. What it held is gone.',
    });
    await options.restoreGroup().catch((failure: unknown) => {
      logger.warn('stream.group_not_restored', { shard, error: failure });
    });
  } else {
    logger.debug('stream.read_failed', { shard, error });
  }
  await pause(backoffMs(failures, RETRY_BASE_MS, RETRY_MAX_MS), stopping);
}

async function storeEntries(
  options: ShardLoopOptions,
  entries: readonly StreamEntry[],
): Promise<void> {
  const { consumer, writer, maxRows } = options;
  for (const part of partsOf(entries, maxRows)) {
    const records = part.flatMap((entry) => entry.records);
    const poison = await options.inWriteSlot(() => writer.write(records));
    const letters = [
      ...undecodableLetters(part, consumer),
      ...poison.map(({ record, error }) => {
        const origin = part.find((entry) => entry.records.includes(record));
        return {
          reason: 'refused_by_database' as const,
          detail: options.describeError(error),
          shard: consumer.keys.shard,
          entryId: origin?.id ?? '',
          content: { record },
        };
      }),
    ];
    for (const letter of letters) await putAside(options, letter);
    await untilRedisAnswers(options, () => consumer.acknowledge(part));
  }
}

/** Whole entries, together at most so many heartbeats; a larger entry stands alone. */
function partsOf(entries: readonly StreamEntry[], maxRows: number): StreamEntry[][] {
  const parts: StreamEntry[][] = [];
  let rows = Infinity;
  for (const entry of entries) {
    rows += entry.records.length;
    if (rows > maxRows) {
      parts.push([]);
      rows = entry.records.length;
    }
    parts.at(-1)?.push(entry);
  }
  return parts;
}

function undecodableLetters(
  entries: readonly StreamEntry[],
  consumer: ShardConsumer,
): NewDeadLetter[] {
  return entries.flatMap(({ id, undecodable }) =>
    undecodable.map(({ payload, version, error }) => ({
      reason: 'undecodable' as const,
      detail: error.message,
      shard: consumer.keys.shard,
      entryId: id,
      content: { payload, version },
    })),
  );
}

async function putAside(options: ShardLoopOptions, letter: NewDeadLetter): Promise<void> {
  const { metrics, logger } = options;
  await untilRedisAnswers(options, () => options.addDeadLetter(letter));
  metrics.deadLetters.inc({ reason: letter.reason });
  const { reason, detail, shard, entryId } = letter;
  logger.error('stream.dead_letter', { reason, detail, shard, entry_id: entryId });
}

/** The rows are committed; only Redis has still to be told, however long it is away. */
async function untilRedisAnswers(
  { giveUp, logger }: ShardLoopOptions,
  run: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await run();
      return;
    } catch (error) {
      logger.debug('stream.acknowledge_failed', { attempt, error });
      await pause(backoffMs(attempt, RETRY_BASE_MS, RETRY_MAX_MS), giveUp);
      if (giveUp.aborted) throw new GaveUpError('stopped before Redis answered');
    }
  }
}
