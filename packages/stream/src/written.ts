import type { Redis } from 'ioredis';
import { pause } from '@nexmdm/service';

/** Redis hands a postponed write over after two seconds at the latest. */
const WRITTEN_TIMEOUT_MS = 3_000;
const POLL_MS = 2;

/** Redis could not write its log in time. */
export class NotWrittenError extends Error {
  override readonly name = 'NotWrittenError';
}

/** What `INFO persistence` says of the append-only file. */
export interface LogState {
  enabled: boolean;
  /** The last write went through. */
  lastWriteOk: boolean;
  /** No sync is under way, so that the next write is not put off. */
  noSyncPending: boolean;
  /** Nothing waits to be written. */
  bufferEmpty: boolean;
}

export function readLogState(info: string): LogState {
  return {
    enabled: !info.includes('aof_enabled:0'),
    lastWriteOk: info.includes('aof_last_write_status:ok'),
    noSyncPending: info.includes('aof_pending_bio_fsync:0'),
    bufferEmpty: info.includes('aof_buffer_length:0'),
  };
}

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
  deadline: number;
  /** A look since has seen that the write was not put off, so that it has been tried by the next. */
  triedByNext: boolean;
}

/**
 * Tells when what Redis has answered for is in the hands of the operating system.
 *
 * Redis writes its append-only file before it answers, with two exceptions: with `appendfsync
 * everysec` it puts the write off while the sync of the second before is still running, and a write
 * that fails (a full disk) shows only afterwards. It answers all the same, and killed in that moment
 * it loses what it acknowledged. So its own word is asked for, after the answers: one look serves
 * everybody who waits, and only one is under way at a time.
 */
export class WrittenWatch {
  readonly #redis: Redis;
  #waiting: Waiting[] = [];
  #looking = false;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /**
   * Resolves when everything that was answered before the call is written.
   *
   * @throws NotWrittenError or a Redis error
   */
  confirm(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const deadline = Date.now() + WRITTEN_TIMEOUT_MS;
    this.#waiting.push({ resolve, reject, deadline, triedByNext: false });
    if (!this.#looking) {
      this.#looking = true;
      void this.#look();
    }
    return promise;
  }

  async #look(): Promise<void> {
    while (this.#waiting.length > 0) {
      const asking = this.#waiting;
      this.#waiting = [];
      try {
        const state = readLogState(await this.#redis.info('persistence'));
        const left = asking.filter((one) => !settle(one, state));
        this.#waiting.unshift(...left);
        if (left.some((one) => !one.triedByNext)) await pause(POLL_MS);
      } catch (error) {
        for (const { reject } of asking) reject(error);
      }
    }
    this.#looking = false;
  }
}

/** Tells whether it is settled; else what was seen is noted for the next look. */
function settle(waiting: Waiting, state: LogState): boolean {
  const { enabled, lastWriteOk, noSyncPending, bufferEmpty } = state;
  if (!enabled || (lastWriteOk && (bufferEmpty || waiting.triedByNext))) {
    waiting.resolve();
    return true;
  }
  if (Date.now() > waiting.deadline) {
    waiting.reject(
      new NotWrittenError(`Redis did not write its log within ${WRITTEN_TIMEOUT_MS} ms`),
    );
    return true;
  }
  waiting.triedByNext = lastWriteOk && noSyncPending;
  return false;
}
