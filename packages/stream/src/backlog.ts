import { allShardKeys, WRITERS } from './keys.ts';
import type { StreamRedis } from './scripts.ts';

export interface ShardBacklog {
  shard: number;
  /** Heartbeats that are acknowledged to devices and not yet stored. */
  heartbeats: number;
  /** How long the oldest of them waits, in milliseconds; 0 when there is none. */
  oldestMs: number;
}

/** What waits in each shard. */
export function readBacklog(redis: StreamRedis, shards: number): Promise<ShardBacklog[]> {
  return Promise.all(
    allShardKeys(shards).map(async ({ shard, stream, counts }) => {
      const [heartbeats, oldestMs] = await redis.hbBacklog(stream, counts, WRITERS);
      return { shard, heartbeats, oldestMs };
    }),
  );
}
