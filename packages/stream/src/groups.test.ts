import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  assertShards,
  ensureGroup,
  ensureGroups,
  isGroupMissing,
  redisErrorCode,
} from './groups.ts';
import { WRITERS } from './keys.ts';
import type { StreamRedis } from './scripts.ts';
import { assertSafeRedis, readServerState } from './server-check.ts';
import { addEntry, SHARD, testConnections, testConsumer } from '../test/stream.ts';

const connections = testConnections(4);
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

describe('the group of writers', () => {
  test('is made with its stream in every shard, once', async () => {
    expect(await ensureGroups(redis, 3)).toBe(3);
    expect(await ensureGroups(redis, 3)).toBe(0);
    expect(await ensureGroups(redis, 4)).toBe(1);
    expect((await redis.keys('*')).sort()).toEqual([
      'hb:shards',
      'hb:{0}',
      'hb:{1}',
      'hb:{2}',
      'hb:{3}',
    ]);
  });

  test('belongs to so many shards, and another number is refused with what to do', async () => {
    await assertShards(redis, 3);
    await ensureGroups(redis, 4);
    await assertShards(redis, 4);
    await expect(assertShards(redis, 3)).rejects.toThrow(
      'STREAM_SHARDS is 3 here, but the streams were made with 4',
    );
    await ensureGroups(redis, 5);
    await assertShards(redis, 5);
  });

  test('is made once by several at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => ensureGroups(redis, 2)));
    expect(made.reduce((sum, count) => sum + count)).toBe(2);
  });

  test('reads what was in the stream before it', async () => {
    const id = await addEntry(redis);
    expect(await ensureGroup(redis, SHARD)).toBe(true);
    const entries = await testConsumer('a', redis).read(10, 100);
    expect(entries.map((entry) => entry.id)).toEqual([id]);
  });

  test('keeps its place when it is there already', async () => {
    await ensureGroup(redis, SHARD);
    await addEntry(redis);
    await testConsumer('a', redis).read(10, 100);
    await ensureGroup(redis, SHARD);
    expect(await testConsumer('b', redis).read(10, 1)).toEqual([]);
  });

  test('is told to be missing when it is', async () => {
    const consumer = testConsumer('a', redis);
    const failure = () => consumer.read(1, 1).catch((error: unknown) => error);
    expect(isGroupMissing(await failure())).toBe(true);
    await addEntry(redis);
    expect(isGroupMissing(await failure())).toBe(true);
    expect(isGroupMissing(await consumer.reclaim(1).catch((error: unknown) => error))).toBe(true);
    await redis.set(SHARD.stream, 'not a stream');
    expect(isGroupMissing(await failure())).toBe(false);
    expect(redisErrorCode(await failure())).toBe('WRONGTYPE');
  });

  test('can’t be made where something else is', async () => {
    await redis.set(SHARD.stream, 'not a stream');
    await expect(ensureGroup(redis, SHARD)).rejects.toThrow('WRONGTYPE');
    await redis.del(SHARD.stream);
    await ensureGroup(redis, SHARD);
    expect(await redis.exists(SHARD.stream)).toBe(1);
    expect(WRITERS).toBe('writers');
  });
});

describe('an error code of Redis', () => {
  test.each([
    [new Error('OOM command not allowed'), 'OOM'],
    [new Error('NOGROUP No such key'), 'NOGROUP'],
    [new Error('Connection is closed.'), undefined],
    [new Error('OK'), undefined],
    ['NOGROUP as text', undefined],
    [undefined, undefined],
  ])('of %s is %s', (error, code) => {
    expect(redisErrorCode(error)).toBe(code);
  });
});

describe('the check of the server', () => {
  test('passes a Redis that keeps everything, and says what it found', async () => {
    await assertSafeRedis(redis);
    expect(await readServerState(redis)).toEqual({
      version: expect.stringMatching(/^\d+\.\d+/),
      evictionPolicy: 'noeviction',
      appendOnly: true,
      lastWriteOk: true,
      usedMemoryBytes: expect.any(Number),
      maxMemoryBytes: expect.any(Number),
    });
  });

  test.each(['allkeys-lru', 'volatile-ttl', 'allkeys-random'])(
    'refuses one that may throw heartbeats away (%s), and takes it again when mended',
    async (policy) => {
      await redis.config('SET', 'maxmemory-policy', policy);
      try {
        await expect(assertSafeRedis(redis)).rejects.toThrow(
          `its maxmemory-policy is ${policy}, it must be noeviction`,
        );
      } finally {
        await redis.config('SET', 'maxmemory-policy', 'noeviction');
      }
      await assertSafeRedis(redis);
    },
  );

  test('fails when Redis is away', async () => {
    const other = await connections.open();
    other.disconnect();
    await expect(assertSafeRedis(other)).rejects.toThrow();
  });
});
