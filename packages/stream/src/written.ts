import type { Redis } from 'ioredis';
import { pause } from '@nexmdm/service';

/** Redis hands a postponed write over after two seconds at the latest. */
const WRITTEN_TIMEOUT_MS = 3_000;
const POLL_MS = 2;

/** Redis could not write its log in time. */
export class NotWrittenError extends Error {
  override readonly name = 'NotWrittenError';
}

/**
 * Tells from `INFO persistence` whether everything that Redis executed before it has been handed to
 * the operating system by the time the answer arrives.
 *
 * Redis writes its append-only file before it answers, with one exception: with `appendfsync
 * everysec` it puts the write off while the sync of the second before is still running, and answers
 * all the same. A process killed in that moment loses what it acknowledged. No sync was running when
 * `aof_pending_bio_fsync` is 0, and nothing was put off when the buffer is empty.
 */
export function saysWritten(info: string): boolean {
  return (
    info.includes('aof_enabled:0') ||
    info.includes('aof_pending_bio_fsync:0') ||
    info.includes('aof_buffer_length:0')
  );
}

/**
 * Resolves when what was executed before is in the hands of the operating system.
 *
 * @throws NotWrittenError or a Redis error
 */
export async function waitUntilWritten(redis: Redis): Promise<void> {
  const deadline = Date.now() + WRITTEN_TIMEOUT_MS;
  while (!saysWritten(await redis.info('persistence'))) {
    if (Date.now() > deadline) {
      throw new NotWrittenError(`Redis did not write its log within ${WRITTEN_TIMEOUT_MS} ms`);
    }
    await pause(POLL_MS);
  }
}
