import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestServers, waitFor, type TestServers } from '@nexmdm/testing';
import { decodeEntry } from './consumer.ts';
import { allShardKeys } from './keys.ts';
import { StreamProducer } from './producer.ts';
import { sampleDevice, sampleRecord } from '../test/sample-record.ts';
import { TestConnections } from '../test/stream.ts';
import { readLogState } from './written.ts';

describe('what Redis says of its log', () => {
  test.each([
    ['enabled', 'aof_enabled:1', 'aof_enabled:0'],
    ['lastWriteOk', 'aof_last_write_status:ok', 'aof_last_write_status:err'],
    ['noSyncPending', 'aof_pending_bio_fsync:0', 'aof_pending_bio_fsync:10'],
    ['bufferEmpty', 'aof_buffer_length:0', 'aof_buffer_length:10'],
  ] as const)('tells %s by %s', (field, yes, no) => {
    expect(readLogState(`a:1\r\n${yes}\r\nb:2\r\n`)[field]).toBe(true);
    expect(readLogState(`a:1\r\n${no}\r\nb:2\r\n`)[field]).toBe(false);
  });
});

const SHARDS = 2;
const KILLS = 10;
const APPENDS_BEFORE_A_KILL = 60;
const PRODUCERS = 3;

describe('what was appended', () => {
  let servers: TestServers;
  let connections: TestConnections;
  beforeAll(async () => {
    servers = await startTestServers({ redisSettings: { appendfsync: 'everysec' } });
    connections = new TestConnections(servers.redis.url);
  });
  afterAll(async () => {
    connections.closeAll();
    await servers.close();
  });

  test('survives a SIGKILL of Redis at any moment, under load', async () => {
    const redis = await connections.open('reader');
    const producers = await Promise.all(
      Array.from({ length: PRODUCERS }, async (_, index) => {
        const connection = await connections.open(`producer-${index}`);
        return new StreamProducer({ redis: connection, shards: SHARDS });
      }),
    );
    const acknowledged = new Set<number>();
    let next = 0;
    let stopped = false;

    const load = async (producer: StreamProducer) => {
      while (!stopped) {
        const numbers = Array.from({ length: 20 }, () => (next += 1));
        const records = numbers.map((uptime_s) =>
          // Large enough to keep the disk busy, so that syncs overlap with writes.
          sampleRecord({
            device_id: sampleDevice(uptime_s % 50),
            uptime_s,
            ssid: 'x'.repeat(2_000),
          }),
        );
        try {
          await producer.append(records);
          for (const number of numbers) acknowledged.add(number);
        } catch {
          await waitFor(
            'Redis',
            async () => redis.status === 'ready' && (await redis.ping()) === 'PONG',
          );
        }
      }
    };
    const loads = producers.flatMap((producer) => Array.from({ length: 4 }, () => load(producer)));

    for (let kill = 0; kill < KILLS; kill += 1) {
      const goal = acknowledged.size + APPENDS_BEFORE_A_KILL * 20 + kill * 37;
      await waitFor('appends', () => acknowledged.size >= goal);
      await servers.redis.kill();
      await servers.redis.start();
      await waitFor('Redis', () => redis.status === 'ready');
    }
    stopped = true;
    await Promise.all(loads);

    const stored = new Set<number>();
    for (const { stream } of allShardKeys(SHARDS)) {
      for (const entry of await redis.xrange(stream, '-', '+')) {
        for (const { uptime_s } of decodeEntry(entry).records) stored.add(Number(uptime_s));
      }
    }
    const lost = [...acknowledged].filter((number) => !stored.has(number));
    expect(lost).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(KILLS * APPENDS_BEFORE_A_KILL * 20);
  }, 120_000);
});
