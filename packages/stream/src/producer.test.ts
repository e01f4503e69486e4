import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { HeartbeatRecord } from '@nexmdm/contracts';
import { waitFor } from '@nexmdm/testing';
import { decodeEntry } from './consumer.ts';
import { redisErrorCode } from './groups.ts';
import { allShardKeys, shardOf } from './keys.ts';
import { ProducerBusyError, StreamProducer } from './producer.ts';
import { sampleDevice, sampleRecord } from '../test/sample-record.ts';
import type { StreamRedis } from './scripts.ts';
import { testConnections } from '../test/stream.ts';

const SHARDS = 4;
const connections = testConnections(1);
let redis: StreamRedis;
let producer: StreamProducer;

beforeAll(async () => {
  redis = await connections.open();
  producer = new StreamProducer({ redis, shards: SHARDS });
});
afterAll(() => {
  connections.closeAll();
});
beforeEach(async () => {
  await redis.flushdb();
});

const record = (device: number, changes: Partial<HeartbeatRecord> = {}) =>
  sampleRecord({ device_id: sampleDevice(device), ...changes });

/** The heartbeats of each entry of each shard. */
function entriesOf(shards = SHARDS): Promise<HeartbeatRecord[][][]> {
  return Promise.all(
    allShardKeys(shards).map(async ({ stream }) =>
      (await redis.xrange(stream, '-', '+')).map((entry) => decodeEntry(entry).records),
    ),
  );
}

describe('appending', () => {
  test('puts each device’s heartbeats, as they are and in order, into its shard', async () => {
    const records = Array.from({ length: 100 }, (_, index) =>
      record(index % 20, { uptime_s: index }),
    );
    await producer.append(records);
    (await entriesOf()).forEach((entries, shard) => {
      const own = records.filter(({ device_id }) => shardOf(device_id, SHARDS) === shard);
      expect(own.length).toBeGreaterThan(0);
      expect(entries).toEqual([own]);
    });
  });

  test('puts what comes in one turn of the event loop into one entry a shard', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, index) => producer.append([record(index)])));
    expect((await entriesOf()).map((entries) => entries.length)).toEqual([1, 1, 1, 1]);
    await producer.append([record(1)]);
    expect((await entriesOf()).flat()).toHaveLength(SHARDS + 1);
  });

  test('counts what was added in each shard', async () => {
    const records = Array.from({ length: 100 }, (_, index) => record(index));
    await Promise.all([producer.append(records), producer.append(records)]);
    const counts = await Promise.all(
      allShardKeys(SHARDS).map(async (keys) => Number(await redis.hget(keys.counts, 'added'))),
    );
    const heartbeats = (await entriesOf()).map((entries) => entries.flat().length);
    expect(counts).toEqual(heartbeats);
    expect(counts.reduce((sum, count) => sum + count)).toBe(200);
  });

  test('begins another entry when one holds enough heartbeats', async () => {
    await producer.append(
      Array.from({ length: 1_201 }, (_, index) => record(1, { uptime_s: index })),
    );
    const entries = (await entriesOf()).find((of) => of.length > 0) ?? [];
    expect(entries.map((entry) => entry.length)).toEqual([500, 500, 201]);
    expect(entries.flat().map((one) => one.uptime_s)).toEqual([...Array(1_201).keys()]);
  });

  test('begins another entry when one has enough bytes', async () => {
    const large = (kilobytes: number) => record(1, { ssid: 'x'.repeat(kilobytes * 1024) });
    await producer.append([large(300), large(300), large(100), large(900), large(1)]);
    const entries = (await entriesOf()).find((of) => of.length > 0) ?? [];
    expect(entries.map((entry) => entry.length)).toEqual([1, 2, 1, 1]);
  });

  test('of nothing adds nothing', async () => {
    await producer.append([]);
    expect(await redis.keys('*')).toEqual([]);
  });

  test('is over only when Redis has it, also after it forgot its scripts', async () => {
    const duplicate = redis.duplicate({ enableOfflineQueue: true, lazyConnect: false });
    const monitor = await duplicate.monitor();
    const commands: string[] = [];
    monitor.on('monitor', (_time: string, args: string[]) =>
      commands.push(String(args[0]).toLowerCase()),
    );
    for (let round = 1; round <= 2; round += 1) {
      await redis.script('FLUSH');
      await producer.append([record(1)]);
      expect((await entriesOf()).flat(2)).toHaveLength(round);
    }
    await redis.echo('the end');
    await waitFor('the end', () => commands.includes('echo'));
    monitor.disconnect();
    duplicate.disconnect();
    const appended = commands.filter((command) => ['xadd', 'info'].includes(command));
    expect(appended).toEqual(['xadd', 'info', 'xadd', 'info']);
  });
});

describe('heartbeats beyond what may wait', () => {
  test('are refused, and taken again when the others are through', async () => {
    const small = new StreamProducer({ redis, shards: SHARDS, maxWaiting: 3 });
    const appends = [small.append([record(1), record(2)]), small.append([record(3)])];
    await expect(small.append([record(4)])).rejects.toThrow(ProducerBusyError);
    await Promise.all(appends);
    await small.append([record(5), record(6), record(7)]);
    expect((await entriesOf()).flat(2)).toHaveLength(6);
    await expect(small.append([1, 2, 3, 4].map((device) => record(device)))).rejects.toThrow(
      ProducerBusyError,
    );
  });

  test('don’t count any more once they failed', async () => {
    const small = new StreamProducer({ redis, shards: 1, maxWaiting: 2 });
    const [{ stream } = { stream: '' }] = allShardKeys(1);
    await redis.set(stream, 'not a stream');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const failed = await small.append([record(1), record(2)]).catch((error: unknown) => error);
      expect(redisErrorCode(failed)).toBe('WRONGTYPE');
    }
    await redis.del(stream);
    await small.append([record(1), record(2)]);
    expect((await entriesOf(1)).flat(2)).toHaveLength(2);
  });
});
