/** The consumer group that carries heartbeats into the database. */
export const WRITERS = 'writers';

/** How many shards there are; written when their groups are made. */
export const SHARDS_KEY = 'hb:shards';

/** Entries that no writer can store, with the reason. */
export const DEAD_KEY = 'hb:dead';

/**
 * The channel on which writers and registries say which devices have changed. Like every channel it
 * belongs to the whole server.
 */
export const CHANGES_CHANNEL = 'hb:changes';

/**
 * A shard's keys. The braces make Redis Cluster place all keys of a shard in one slot, so that a
 * script may use them together.
 */
export interface ShardKeys {
  shard: number;
  stream: string;
  /** A hash: how many heartbeats were `added` and `acked`, ever. */
  counts: string;
  /** A sorted set: consumer -> the millisecond at which it counts as dead. */
  leases: string;
}

export function shardKeys(shard: number): ShardKeys {
  const stream = `hb:{${shard}}`;
  return { shard, stream, counts: `${stream}:counts`, leases: `${stream}:leases` };
}

export function allShardKeys(shards: number): ShardKeys[] {
  return Array.from({ length: shards }, (_, shard) => shardKeys(shard));
}

/** The shard of a device; all its heartbeats go through the same one. FNV-1a. */
export function shardOf(deviceId: string, shards: number): number {
  let hash = 0x81_1c_9d_c5;
  for (let index = 0; index < deviceId.length; index += 1) {
    hash = Math.imul(hash ^ deviceId.charCodeAt(index), 0x01_00_01_93);
  }
  return (hash >>> 0) % shards;
}
