import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestServers, waitFor, type TestServers } from '@nexmdm/testing';
import { addDeadLetter, listDeadLetters } from './dead-letters.ts';
import { ensureGroups, redisErrorCode } from './groups.ts';
import { decodeEntry } from './consumer.ts';
import { ProducerBusyError, StreamProducer } from './producer.ts';
import { sampleRecord } from '../test/sample-record.ts';
import type { StreamRedis } from './scripts.ts';
import { SHARD, TestConnections, testConsumer } from '../test/stream.ts';
import { trimAcknowledged } from './trim.ts';
import { WrittenWatch } from './written.ts';

let servers: TestServers;
let connections: TestConnections;
let redis: StreamRedis;
let producer: StreamProducer;

beforeAll(async () => {
  servers = await startTestServers();
});
afterAll(async () => {
  await servers.close();
});
beforeEach(async () => {
  connections = new TestConnections(servers.redis.url);
  redis = await connections.open('test', 500);
  await redis.flushall();
  producer = new StreamProducer({ redis, shards: 1, maxWaiting: 10 });
});
afterEach(() => {
  connections.closeAll();
});

const records = (first: number, count = 1) =>
  Array.from({ length: count }, (_, index) => sampleRecord({ uptime_s: first + index }));
const stored = async () =>
  (await redis.xrange(SHARD.stream, '-', '+')).flatMap((entry) =>
    decodeEntry(entry).records.map((record) => record.uptime_s),
  );
const append = (first: number, count = 1) => producer.append(records(first, count));
const back = () => waitFor('the connection', () => redis.status === 'ready');

describe('while Redis is away', () => {
  test.each(['stop', 'kill'] as const)(
    'appends fail at once, and work once it is back (%s)',
    async (how) => {
      await append(1);
      await servers.redis[how]();
      for (let attempt = 0; attempt < 5; attempt += 1)
        await expect(append(2, 10)).rejects.toThrow();
      await servers.redis.start();
      await back();
      await append(3, 10);
      expect(await stored()).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    },
  );

  test('appends under way fail, and none of them hangs', async () => {
    const appends = [append(1), append(2)];
    const outcome = Promise.allSettled(appends);
    await servers.redis.kill();
    for (const { status } of await outcome) expect(['fulfilled', 'rejected']).toContain(status);
    await servers.redis.start();
    await back();
    await append(3, 10);
    expect((await stored()).slice(-10)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test('the error says that it is the connection', async () => {
    await servers.redis.stop();
    await expect(append(1)).rejects.toThrow(/Stream isn't writeable|Connection is closed/);
    await servers.redis.start();
  });
});

describe('while Redis doesn’t answer', () => {
  test('appends fail after a while, and too many are refused before', async () => {
    process.kill(servers.redis.pid, 'SIGSTOP');
    try {
      const waiting = expect(append(1, 10)).rejects.toThrow('Command timed out');
      await setImmediate();
      await expect(append(11)).rejects.toThrow(ProducerBusyError);
      await waiting;
      await expect(append(12, 10)).rejects.toThrow('Command timed out');
    } finally {
      process.kill(servers.redis.pid, 'SIGCONT');
    }
    await waitFor('an append', () => append(22, 10).then(() => true));
    // Those that failed may be stored all the same, but nothing of them twice or in part.
    const all = await stored();
    expect(new Set(all).size).toBe(all.length);
    expect(all.slice(-10)).toEqual([22, 23, 24, 25, 26, 27, 28, 29, 30, 31]);
  });
});

describe('while Redis is out of memory', () => {
  test('appends fail with OOM, what frees memory goes on, and then all works again', async () => {
    await ensureGroups(redis, 1);
    await append(1);
    const consumer = testConsumer('a', redis);
    const entries = await consumer.read(10, 100);
    const [, limit = '0'] = await redis.config('GET', 'maxmemory');
    await redis.config('SET', 'maxmemory', '1mb');
    try {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const failed = await append(2, 10).catch((error: unknown) => error);
        expect(redisErrorCode(failed)).toBe('OOM');
      }
      const content = { payload: 'x' };
      await addDeadLetter(redis, {
        reason: 'undecodable',
        detail: 'd',
        shard: 0,
        entryId: '1-1',
        content,
      });
      await consumer.acknowledge(entries);
      await consumer.renewLease();
      expect(await trimAcknowledged(redis, SHARD)).toBe(1);
      expect(await redis.hgetall(SHARD.counts)).toEqual({ added: '1', acked: '1' });
    } finally {
      await redis.config('SET', 'maxmemory', limit);
    }
    await append(12, 10);
    expect(await stored()).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
    expect(await listDeadLetters(redis, 10)).toMatchObject([{ payload: 'x' }]);
  });
});

describe('waiting until Redis has written', () => {
  test('is over at once without an append-only file', async () => {
    await redis.config('SET', 'appendonly', 'no');
    try {
      await new WrittenWatch(redis).confirm();
      await append(1);
    } finally {
      await redis.config('SET', 'appendonly', 'yes');
      await waitFor('the log to be on', async () =>
        (await redis.info('persistence')).includes('aof_rewrite_in_progress:0'),
      );
    }
  });

  test('fails when Redis is away', async () => {
    await servers.redis.stop();
    await expect(new WrittenWatch(redis).confirm()).rejects.toThrow();
    await servers.redis.start();
  });
});
