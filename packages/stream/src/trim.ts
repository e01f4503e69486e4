import type { ShardKeys } from './keys.ts';
import type { StreamRedis } from './scripts.ts';

/** Removes the entries of a shard that every group has acknowledged. Returns how many. */
export function trimAcknowledged(redis: StreamRedis, keys: ShardKeys): Promise<number> {
  return redis.hbTrim(keys.stream);
}
