import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readBacklog } from './backlog.ts';
import { WRITERS } from './keys.ts';
import type { StreamRedis } from './scripts.ts';
import { addEntry, entryIds, SHARD, testConnections, testConsumer } from '../test/stream.ts';
import { trimAcknowledged } from './trim.ts';

const connections = testConnections(2);
let redis: StreamRedis;

beforeAll(async () => {
  redis = await connections.open();
});
afterAll(() => {
  connections.closeAll();
});
beforeEach(async () => {
  await redis.flushdb();
});

/** The stream with these entries, and a group that read so many and acknowledged these of them. */
async function groupAt(
  group: string,
  ids: readonly string[],
  read: number,
  acknowledged: readonly number[],
): Promise<void> {
  for (const id of (await redis.exists(SHARD.stream)) ? [] : ids) await addEntry(redis, id);
  await redis.xgroup('CREATE', SHARD.stream, group, '0');
  if (read > 0) {
    await redis.xreadgroup('GROUP', group, 'c', 'COUNT', read, 'STREAMS', SHARD.stream, '>');
  }
  for (const index of acknowledged) await redis.xack(SHARD.stream, group, ids[index] ?? '');
}

const MAX = '18446744073709551615';
const SERIES: [string, string[]][] = [
  ['ordinary', ['5-0', '5-1', '6-0', '7-0', '7-3']],
  ['digits grow', ['9-9', '9-10', '10-0', '99-99', '100-0']],
  ['nines carry', ['1-199', '1-200', '1-999', '1-1000', '2-0']],
  [
    'beyond what a double holds',
    [
      '1-36028797018963973',
      '1-36028797018963974',
      '1-36028797018963975',
      '1-36028797018963976',
      '2-0',
    ],
  ],
  [
    'the time beyond what a double holds',
    [
      '9007199254740992-1',
      '9007199254740993-0',
      '9007199254740993-1',
      '9007199254740994-0',
      '9007199254740995-0',
    ],
  ],
  [
    'the last number of a millisecond',
    [`6-18446744073709551614`, `6-${MAX}`, `9-${MAX}`, '10-0', '10-1'],
  ],
];

describe.each(SERIES)('trimming, with ids where %s,', (_name, ids) => {
  test('removes what is acknowledged, and nothing that is unread', async () => {
    for (let read = 0; read <= ids.length; read += 1) {
      await redis.flushdb();
      await groupAt(WRITERS, ids, read, [...Array(read).keys()]);
      expect(await trimAcknowledged(redis, SHARD)).toBe(read);
      expect(await entryIds(redis)).toEqual(ids.slice(read));
    }
  });

  test('removes nothing from the first pending entry on', async () => {
    for (let pending = 0; pending < ids.length; pending += 1) {
      await redis.flushdb();
      const others = [...Array(ids.length).keys()].filter((index) => index !== pending);
      await groupAt(WRITERS, ids, ids.length, others);
      expect(await trimAcknowledged(redis, SHARD)).toBe(pending);
      expect(await entryIds(redis)).toEqual(ids.slice(pending));
    }
  });

  test('removes only what every group has acknowledged', async () => {
    for (let other = 0; other <= ids.length; other += 1) {
      await redis.flushdb();
      await groupAt(WRITERS, ids, ids.length, [...ids.keys()]);
      await groupAt('audit', ids, other, [...Array(other).keys()]);
      expect(await trimAcknowledged(redis, SHARD)).toBe(other);
      expect(await entryIds(redis)).toEqual(ids.slice(other));
    }
  });
});

describe('trimming', () => {
  test('does nothing without a stream, and without a group', async () => {
    expect(await trimAcknowledged(redis, SHARD)).toBe(0);
    await addEntry(redis);
    expect(await trimAcknowledged(redis, SHARD)).toBe(0);
    expect(await entryIds(redis)).toHaveLength(1);
  });

  test('keeps what a group that was set back reads again', async () => {
    const ids = ['5-0', '5-1', '6-0', '7-0'];
    await groupAt(WRITERS, ids, 4, [0, 1, 2]);
    await redis.xgroup('SETID', SHARD.stream, WRITERS, '5-0');
    expect(await trimAcknowledged(redis, SHARD)).toBe(1);
    expect(await entryIds(redis)).toEqual(['5-1', '6-0', '7-0']);
  });

  test('takes nothing from a consumer that reads on afterwards', async () => {
    await groupAt(WRITERS, ['5-0', '6-0', '7-0'], 0, []);
    const consumer = testConsumer('a', redis);
    const seen: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const entries = await consumer.read(1, 1_000);
      seen.push(...entries.map(({ id }) => id));
      await consumer.acknowledge(entries);
      expect(await trimAcknowledged(redis, SHARD)).toBe(1);
    }
    expect(seen).toEqual(['5-0', '6-0', '7-0']);
  });
});

describe('the backlog', () => {
  const backlog = async () => (await readBacklog(redis, 1))[0];
  const ageOf = async (id: string) => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) - Number(id.split('-')[0]);
  };

  test('is nothing without a stream or entries', async () => {
    expect(await backlog()).toEqual({ shard: 0, heartbeats: 0, oldestMs: 0 });
    await redis.xgroup('CREATE', SHARD.stream, WRITERS, '0', 'MKSTREAM');
    expect(await backlog()).toEqual({ shard: 0, heartbeats: 0, oldestMs: 0 });
  });

  test('counts heartbeats and the age of the oldest, unread or pending, until all is acknowledged', async () => {
    await redis.xgroup('CREATE', SHARD.stream, WRITERS, '0', 'MKSTREAM');
    const ids = ['1000-0', '2000-0', '3000-0'];
    for (const id of ids) await addEntry(redis, id);
    const expectBacklog = async (heartbeats: number, oldest: string) => {
      const before = await ageOf(oldest);
      const shown = await backlog();
      expect(shown?.heartbeats).toBe(heartbeats);
      expect(shown?.oldestMs).toBeGreaterThanOrEqual(before);
      expect(shown?.oldestMs).toBeLessThanOrEqual(await ageOf(oldest));
    };
    await expectBacklog(3, '1000-0');
    const consumer = testConsumer('a', redis);
    const [first, second] = await consumer.read(2, 1_000);
    await expectBacklog(3, '1000-0');
    await consumer.acknowledge([first!]);
    await expectBacklog(2, '2000-0');
    await consumer.acknowledge([second!]);
    await expectBacklog(1, '3000-0');
    await consumer.acknowledge(await consumer.read(1, 1_000));
    expect(await backlog()).toEqual({ shard: 0, heartbeats: 0, oldestMs: 0 });
  });

  test('is everything while the group is gone', async () => {
    await groupAt(WRITERS, ['1000-0', '2000-0'], 2, [0]);
    await redis.xgroup('DESTROY', SHARD.stream, WRITERS);
    expect(await backlog()).toMatchObject({ heartbeats: 2 });
    expect((await backlog())?.oldestMs).toBeGreaterThan(0);
  });

  test('is at least one while something waits, whatever became of the counts', async () => {
    await groupAt(WRITERS, ['1000-0', '2000-0'], 0, []);
    await redis.hset(SHARD.counts, 'acked', 100);
    expect(await backlog()).toMatchObject({ heartbeats: 1 });
    await redis.del(SHARD.counts);
    expect(await backlog()).toMatchObject({ heartbeats: 1 });
  });

  test('is shown for each shard', async () => {
    const shards = await readBacklog(redis, 3);
    expect(shards.map(({ shard }) => shard)).toEqual([0, 1, 2]);
  });
});
