import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ShardConsumer, StreamEntry } from './consumer.ts';
import { ensureGroups } from './groups.ts';
import { WRITERS } from './keys.ts';
import type { StreamRedis } from './scripts.ts';
import {
  addEntry,
  consumersOf,
  endLease,
  entryIds,
  SHARD,
  testConnections,
  testConsumer,
} from '../test/stream.ts';

const connections = testConnections(6);
let redis: StreamRedis;

beforeAll(async () => {
  redis = await connections.open();
});
afterAll(() => {
  connections.closeAll();
});
beforeEach(async () => {
  await redis.flushdb();
  await ensureGroups(redis, 1);
});

const idsOf = (entries: readonly StreamEntry[]) => entries.map(({ id }) => id);
const addEntries = (count: number) =>
  Promise.all(Array.from({ length: count }, () => addEntry(redis)));
const pendingIds = async () =>
  ((await redis.xpending(SHARD.stream, WRITERS, '-', '+', 1000)) as [string][]).map(([id]) => id);

describe('taking over', () => {
  test('brings the entries of a consumer whose lease is over, and not of a live one', async () => {
    const [dead, alive, heir] = ['dead', 'alive', 'heir'].map((name) =>
      testConsumer(name, redis),
    ) as [ShardConsumer, ShardConsumer, ShardConsumer];
    await Promise.all([dead.renewLease(), alive.renewLease(), heir.renewLease()]);
    await addEntries(4);
    const left = await dead.read(2, 1_000);
    await alive.read(2, 1_000);
    expect(await heir.reclaim(10)).toEqual([]);
    await endLease(redis, 'dead');
    expect(idsOf(await heir.reclaim(10))).toEqual(idsOf(left));
    expect(await consumersOf(redis)).toEqual({ alive: 2, dead: 0, heir: 2 });
    expect(await heir.reclaim(10)).toEqual([]);
    expect(await consumersOf(redis)).toEqual({ alive: 2, heir: 2 });
    expect(await redis.zrange(SHARD.leases, 0, '-1')).toEqual(['alive', 'heir']);
  });

  test('brings so many at once, oldest first, and the dead consumer stays until it holds nothing', async () => {
    const ids = await addEntries(5);
    await testConsumer('dead', redis).read(10, 1_000);
    const heir = testConsumer('heir', redis);
    const taken: string[][] = [];
    for (let round = 0; round < 3; round += 1) {
      taken.push(idsOf(await heir.reclaim(2)));
      expect(Object.keys(await consumersOf(redis))).toContain('dead');
    }
    expect(taken).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    await heir.reclaim(2);
    expect(await consumersOf(redis)).toEqual({ heir: 5 });
  });

  test('by two at once gives each entry to one of them', async () => {
    const ids = await addEntries(20);
    await testConsumer('dead', redis).read(20, 1_000);
    const heirs = await Promise.all(
      ['b', 'c', 'd'].map(async (name) => {
        const heir = testConsumer(name, await connections.open());
        await heir.renewLease();
        return heir;
      }),
    );
    const taken = await Promise.all(heirs.map((heir) => heir.reclaim(8)));
    expect(idsOf(taken.flat()).sort()).toEqual([...ids].sort());
  });

  test('passes over entries that somebody deleted', async () => {
    const ids = await addEntries(3);
    await testConsumer('dead', redis).read(10, 1_000);
    await redis.xdel(SHARD.stream, ids[1]!);
    const heir = testConsumer('heir', redis);
    expect(idsOf(await heir.reclaim(10))).toEqual([ids[0], ids[2]]);
    expect(await pendingIds()).toEqual([ids[0], ids[2]]);
  });

  test('of what it took itself is not done by a consumer without a lease', async () => {
    await addEntries(2);
    const consumer = testConsumer('a', redis);
    await consumer.read(10, 1_000);
    expect(await consumer.reclaim(10)).toEqual([]);
    expect(await consumersOf(redis)).toEqual({ a: 2 });
  });
});

describe('a consumer that stops', () => {
  test('leaves nothing behind when it holds nothing', async () => {
    const consumer = testConsumer('a', redis);
    await consumer.renewLease();
    await addEntry(redis);
    await consumer.acknowledge(await consumer.read(10, 1_000));
    await consumer.release();
    expect(await consumersOf(redis)).toEqual({});
    expect(await redis.exists(SHARD.leases)).toBe(0);
    await consumer.release();
  });

  test('lets another take over what it holds at once', async () => {
    const ids = await addEntries(2);
    const consumer = testConsumer('a', redis);
    await consumer.renewLease();
    await consumer.read(10, 1_000);
    await consumer.release();
    expect(await consumersOf(redis)).toEqual({ a: 2 });
    expect(idsOf(await testConsumer('b', redis).reclaim(10))).toEqual(ids);
    expect(await entryIds(redis)).toEqual(ids);
  });

  test('is alive by Redis’ clock for as long as its lease is', async () => {
    await testConsumer('a', redis).renewLease();
    const [seconds] = await redis.time();
    const until = Number(await redis.zscore(SHARD.leases, 'a'));
    expect(until - Number(seconds) * 1000).toBeGreaterThanOrEqual(10_000);
    expect(until - Number(seconds) * 1000).toBeLessThan(12_000);
  });
});
