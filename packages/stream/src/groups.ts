import type { Redis } from 'ioredis';
import { allShardKeys, SHARDS_KEY, WRITERS, type ShardKeys } from './keys.ts';

/**
 * Makes the streams and their group unless they exist, and notes how many shards there are. Returns
 * how many were made now.
 */
export async function ensureGroups(redis: Redis, shards: number): Promise<number> {
  let made = 0;
  for (const keys of allShardKeys(shards)) if (await ensureGroup(redis, keys)) made += 1;
  await redis.set(SHARDS_KEY, shards);
  return made;
}

/**
 * A process that counts the shards differently would put heartbeats where no writer looks, or leave
 * some unread.
 *
 * @throws Error when `shards` isn't what the streams were made with
 */
export async function assertShards(redis: Redis, shards: number): Promise<void> {
  const made = await redis.get(SHARDS_KEY);
  if (made === null || Number(made) === shards) return;
  throw new Error(
    `STREAM_SHARDS is ${shards} here, but the streams were made with ${made}; set it to ${made}, or run "nexmdm migrate" with the new number and restart every service with it`,
  );
}

/** Makes a shard's group, from the first entry on, unless it exists. */
export async function ensureGroup(redis: Redis, keys: ShardKeys): Promise<boolean> {
  try {
    await redis.call('XGROUP', 'CREATE', keys.stream, WRITERS, '0', 'MKSTREAM');
    return true;
  } catch (error) {
    if (redisErrorCode(error) === 'BUSYGROUP') return false;
    throw error;
  }
}

/** Redis' error codes are the first word of its messages: `OOM`, `NOGROUP`, `READONLY`, … */
export function redisErrorCode(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]{3,}\b/.exec(error.message)?.[0] : undefined;
}

/** The shard's group is gone: Redis was emptied, or another one took its place. */
export function isGroupMissing(error: unknown): boolean {
  return redisErrorCode(error) === 'NOGROUP';
}
