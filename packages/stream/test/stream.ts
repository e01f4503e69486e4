import { createLogger } from '@nexmdm/service';
import { testRedisUrl } from '@nexmdm/testing';
import { closeRedis, openRedis } from '../src/connection.ts';
import { ShardConsumer } from '../src/consumer.ts';
import { shardKeys, WRITERS } from '../src/keys.ts';
import type { StreamRedis } from '../src/scripts.ts';

/** Quiet: tests take Redis away on purpose. */
export const testLogger = createLogger({ service: 'test', level: 'none' });

/** Connections for a test file; `closeAll` when it is done. */
export class TestConnections {
  readonly #opened: StreamRedis[] = [];
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async open(name = 'test', commandTimeoutMs = 5_000): Promise<StreamRedis> {
    const redis = openRedis({ url: this.#url, name, logger: testLogger, commandTimeoutMs });
    this.#opened.push(redis);
    await redis.connect();
    return redis;
  }

  closeAll(): void {
    for (const redis of this.#opened.splice(0)) closeRedis(redis);
  }
}

/** Of one Redis database of the run's server; each test file has its own. */
export function testConnections(database: number): TestConnections {
  return new TestConnections(testRedisUrl(database));
}

export const SHARD = shardKeys(0);

/** A consumer of the first shard. */
export function testConsumer(
  name: string,
  redis: StreamRedis,
  blockingRedis: StreamRedis = redis,
): ShardConsumer {
  return new ShardConsumer({ redis, blockingRedis, keys: SHARD, name });
}

/** Puts an entry into the first shard as producers do, with an id of the caller's choice. */
export async function addEntry(redis: StreamRedis, id = '*', payload = '[]'): Promise<string> {
  await redis.hincrby(SHARD.counts, 'added', 1);
  return (await redis.xadd(SHARD.stream, id, 'v', '1', 'n', 1, 'd', payload)) ?? '';
}

/** The ids of the entries that the first shard holds. */
export async function entryIds(redis: StreamRedis): Promise<string[]> {
  return (await redis.xrange(SHARD.stream, '-', '+')).map(([id]) => id);
}

/** How many entries each consumer of the group holds. */
export async function consumersOf(redis: StreamRedis): Promise<Record<string, number>> {
  const rows = (await redis.xinfo('CONSUMERS', SHARD.stream, WRITERS)) as (string | number)[][];
  return Object.fromEntries(
    rows.map((row) => [row[row.indexOf('name') + 1], row[row.indexOf('pending') + 1]] as const),
  ) as Record<string, number>;
}

/** Makes it so that a consumer's lease is over, or a live one. */
export async function endLease(redis: StreamRedis, consumer: string): Promise<void> {
  await redis.zadd(SHARD.leases, 1, consumer);
}
