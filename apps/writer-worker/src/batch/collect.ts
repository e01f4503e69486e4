import type { ShardConsumer, StreamEntry } from '@nexmdm/stream';

export interface CollectOptions {
  maxRows: number;
  /** How long the first heartbeat waits for more. */
  maxWaitMs: number;
  signal: AbortSignal;
}

/** How long a read waits for a first heartbeat; a stop waits for it too. */
const IDLE_BLOCK_MS = 500;
/** Bounds what one read can bring, whatever the entries hold. */
const MAX_ENTRIES_PER_READ = 200;
const SMOOTHING = 0.2;

/** Collects a shard's entries into batches: as many as fit, or as many as come in time. */
export class Collector {
  readonly #consumer: ShardConsumer;
  readonly #options: CollectOptions;
  /** Heartbeats per entry, lately: Redis counts entries, a batch counts heartbeats. */
  #perEntry = 10;

  constructor(consumer: ShardConsumer, options: CollectOptions) {
    this.#consumer = consumer;
    this.#options = options;
  }

  /**
   * The next batch; empty when nothing came for a while or the stop began.
   *
   * @throws a Redis error when the first read fails; a later one only ends the batch early
   */
  async next(): Promise<StreamEntry[]> {
    const { maxRows, maxWaitMs, signal } = this.#options;
    const entries = await this.#read(maxRows, IDLE_BLOCK_MS);
    let rows = rowsOf(entries);
    const deadline = Date.now() + maxWaitMs;
    while (rows > 0 && rows < maxRows && !signal.aborted) {
      const remainingMs = deadline - Date.now();
      if (remainingMs < 1) break;
      const more = await this.#read(maxRows - rows, remainingMs).catch(() => []);
      if (more.length === 0) break;
      entries.push(...more);
      rows += rowsOf(more);
    }
    return entries;
  }

  async #read(wantedRows: number, blockMs: number): Promise<StreamEntry[]> {
    const wanted = Math.ceil(wantedRows / this.#perEntry);
    const count = Math.min(MAX_ENTRIES_PER_READ, Math.max(1, wanted));
    const entries = await this.#consumer.read(count, Math.max(1, Math.floor(blockMs)));
    if (entries.length > 0) {
      const perEntry = Math.max(1, rowsOf(entries) / entries.length);
      this.#perEntry += SMOOTHING * (perEntry - this.#perEntry);
    }
    return entries;
  }
}

/** An entry that can't be read counts as one. */
function rowsOf(entries: readonly StreamEntry[]): number {
  return entries.reduce((sum, { records }) => sum + Math.max(1, records.length), 0);
}
