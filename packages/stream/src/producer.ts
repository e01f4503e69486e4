import type { HeartbeatRecord } from '@nexmdm/contracts';
import { CODEC_VERSION, encodeRecord, joinRecords, MAX_ENTRY_HEARTBEATS } from './codec.ts';
import { allShardKeys, shardOf, type ShardKeys } from './keys.ts';
import { HB_APPEND, type StreamRedis } from './scripts.ts';
import { WrittenWatch } from './written.ts';

export interface ProducerOptions {
  redis: StreamRedis;
  shards: number;
  /** Heartbeats that may wait for Redis at once; more are refused. */
  maxWaiting?: number;
}

/** Too many heartbeats wait for Redis; the caller has to come back. */
export class ProducerBusyError extends Error {
  override readonly name = 'ProducerBusyError';
}

const MAX_WAITING = 20_000;
const MAX_ENTRY_CHARACTERS = 512 * 1024;

interface Pending {
  encoded: string[];
  characters: number;
}

/**
 * Appends heartbeats to the streams. What comes in during one turn of the event loop goes out
 * together: one entry for each shard, one write to Redis.
 */
export class StreamProducer {
  readonly #redis: StreamRedis;
  readonly #keys: readonly ShardKeys[];
  readonly #maxWaiting: number;
  readonly #written: WrittenWatch;
  #pending = new Map<ShardKeys, Pending[]>();
  #turn: PromiseWithResolvers<void> | undefined;
  #waiting = 0;

  constructor(options: ProducerOptions) {
    this.#redis = options.redis;
    this.#keys = allShardKeys(options.shards);
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#written = new WrittenWatch(options.redis);
  }

  /**
   * Resolves once Redis has all the records and has handed them to its disk's operating system.
   * When it rejects, some of them may be stored; appending them again does no harm.
   *
   * @throws ProducerBusyError when too many wait already
   */
  async append(records: readonly HeartbeatRecord[]): Promise<void> {
    const count = records.length;
    if (this.#waiting + count > this.#maxWaiting) {
      throw new ProducerBusyError(`${this.#waiting} heartbeats wait for Redis already`);
    }
    this.#waiting += count;
    try {
      for (const record of records) this.#enqueue(record);
      await this.#flushThisTurn();
    } finally {
      this.#waiting -= count;
    }
  }

  #enqueue(record: HeartbeatRecord): void {
    const encoded = encodeRecord(record);
    const keys = this.#keys[shardOf(record.device_id, this.#keys.length)] as ShardKeys;
    const entries = this.#pending.get(keys) ?? [];
    if (entries.length === 0) this.#pending.set(keys, entries);
    const last = entries.at(-1);
    if (
      last === undefined ||
      last.encoded.length >= MAX_ENTRY_HEARTBEATS ||
      last.characters + encoded.length > MAX_ENTRY_CHARACTERS
    ) {
      entries.push({ encoded: [encoded], characters: encoded.length });
    } else {
      last.encoded.push(encoded);
      last.characters += encoded.length;
    }
  }

  #flushThisTurn(): Promise<void> {
    if (this.#turn === undefined) {
      const turn = Promise.withResolvers<void>();
      this.#turn = turn;
      setImmediate(() => {
        this.#turn = undefined;
        this.#flush().then(turn.resolve, turn.reject);
      });
    }
    return this.#turn.promise;
  }

  async #flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = new Map();
    const pipeline = this.#redis.pipeline();
    for (const [{ stream, counts }, entries] of pending) {
      for (const { encoded } of entries) {
        const values = [CODEC_VERSION, encoded.length, joinRecords(encoded)];
        pipeline.eval(HB_APPEND, 2, stream, counts, ...values);
      }
    }
    const results = (await pipeline.exec()) ?? [];
    for (const [error] of results) if (error) throw error;
    await this.#written.confirm();
  }
}
