import type { Logger } from '@nexmdm/service';
import type { ShardConsumer, StreamEntry } from '@nexmdm/stream';
import type { WriterMetrics } from './metrics.ts';

/** How often a shard is searched for entries of writers that died. */
const RECLAIM_EVERY_MS = 2_000;
const ENTRIES_AT_ONCE = 50;

/** Takes over what dead writers left, now and then. */
export class Reclaimer {
  readonly #consumer: ShardConsumer;
  readonly #metrics: WriterMetrics;
  readonly #logger: Logger;
  #nextAt = 0;

  constructor(consumer: ShardConsumer, metrics: WriterMetrics, logger: Logger) {
    this.#consumer = consumer;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /** Entries to be stored now; none when it isn't time yet. */
  async take(): Promise<StreamEntry[]> {
    if (Date.now() < this.#nextAt) return [];
    const entries = await this.#consumer.reclaim(ENTRIES_AT_ONCE);
    // A full hand means that there is more.
    if (entries.length < ENTRIES_AT_ONCE) this.#nextAt = Date.now() + RECLAIM_EVERY_MS;
    if (entries.length > 0) {
      this.#metrics.reclaimedEntries.inc(entries.length);
      this.#logger.info('stream.reclaimed', {
        shard: this.#consumer.keys.shard,
        entries: entries.length,
      });
    }
    return entries;
  }
}
