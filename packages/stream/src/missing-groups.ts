import type { Redis } from 'ioredis';
import { allShardKeys, WRITERS } from './keys.ts';

/** The shards whose stream has no group of writers, so that nothing of it is stored. */
export async function listMissingGroups(redis: Redis, shards: number): Promise<number[]> {
  const found = await Promise.all(
    allShardKeys(shards).map(async ({ shard, stream }) => ({
      shard,
      exists: (await redis.exists(stream)) === 1 && (await hasGroup(redis, stream)),
    })),
  );
  return found.filter(({ exists }) => !exists).map(({ shard }) => shard);
}

async function hasGroup(redis: Redis, stream: string): Promise<boolean> {
  const groups = (await redis.call('XINFO', 'GROUPS', stream)) as unknown[][];
  // Each is a flat list of names and values, and begins with its name.
  return groups.some(([, name]) => name === WRITERS);
}
