import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '@nexmdm/testing';
import { encodeRecord, joinRecords } from './codec.ts';
import type { ShardConsumer, StreamEntry } from './consumer.ts';
import { ensureGroups, isGroupMissing } from './groups.ts';
import { WRITERS } from './keys.ts';
import { StreamProducer } from './producer.ts';
import { sampleRecord } from '../test/sample-record.ts';
import type { StreamRedis } from './scripts.ts';
import { addEntry, SHARD, testConnections, testConsumer } from '../test/stream.ts';

const connections = testConnections(3);
let redis: StreamRedis;
let blocking: StreamRedis;

beforeAll(async () => {
  redis = await connections.open();
  blocking = await connections.open('blocking');
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
const acked = async () => Number(await redis.hget(SHARD.counts, 'acked'));
const pendingIds = async () =>
  ((await redis.xpending(SHARD.stream, WRITERS, '-', '+', 1000)) as [string][]).map(([id]) => id);

describe('reading', () => {
  test('brings what producers appended, as it was', async () => {
    const records = [sampleRecord(), sampleRecord({ uptime_s: 1 })];
    await new StreamProducer({ redis, shards: 1 }).append(records);
    const [entry] = await testConsumer('a', redis, blocking).read(10, 1_000);
    expect(entry).toEqual({
      id: expect.stringMatching(/^\d+-\d+$/),
      count: 2,
      records,
      undecodable: [],
    });
  });

  test('brings each entry to one consumer, at most so many at once, oldest first', async () => {
    const ids = await addEntries(5);
    const [a, b] = [testConsumer('a', redis), testConsumer('b', redis)];
    expect(idsOf(await a.read(2, 1_000))).toEqual(ids.slice(0, 2));
    expect(idsOf(await b.read(2, 1_000))).toEqual(ids.slice(2, 4));
    expect(idsOf(await a.read(2, 1_000))).toEqual(ids.slice(4));
    expect(await a.read(2, 1)).toEqual([]);
  });

  test('waits for a first entry', async () => {
    const reading = testConsumer('a', redis, blocking).read(10, 4_000);
    await waitFor('the read to block', async () =>
      /cmd=xreadgroup/.test(String(await redis.client('LIST'))),
    );
    const id = await addEntry(redis);
    expect(idsOf(await reading)).toEqual([id]);
  });

  test('says which entries can’t be read, and brings the others', async () => {
    const good = joinRecords([encodeRecord(sampleRecord())]);
    await redis.xadd(SHARD.stream, '*', 'v', '1', 'n', 1e15, 'd', good);
    await redis.xadd(SHARD.stream, '*', 'v', '9', 'n', 3, 'd', good);
    await redis.xadd(SHARD.stream, '*', 'v', '1', 'n', 'many', 'd', '{"half":');
    await redis.xadd(SHARD.stream, '*', 'something', 'else');
    await redis.xadd(SHARD.stream, '*', 'v', '1', 'n', 1e15, 'd', 'x');
    const entries = await testConsumer('a', redis).read(10, 1_000);
    const notJson = { message: 'the entry is not JSON' };
    expect(entries).toMatchObject([
      { count: 1, records: [sampleRecord()], undecodable: [] },
      {
        count: 3,
        records: [],
        undecodable: [
          { error: { message: 'unknown entry version "9"' }, version: '9', payload: good },
        ],
      },
      { count: 0, records: [], undecodable: [{ error: notJson, payload: '{"half":' }] },
      {
        count: 0,
        records: [],
        undecodable: [{ error: { message: 'unknown entry version ""' }, payload: '' }],
      },
      { count: 500, records: [], undecodable: [{ error: notJson, payload: 'x' }] },
    ]);
  });

  test('says which heartbeats of an entry can’t be read, and brings its others', async () => {
    const good = [sampleRecord(), sampleRecord({ uptime_s: 1 })].map(encodeRecord);
    const payload = `[${good[0]},[1,2],${good[1]}]`;
    await redis.xadd(SHARD.stream, '*', 'v', '1', 'n', 3, 'd', payload);
    const [entry] = await testConsumer('a', redis).read(10, 1_000);
    expect(entry).toMatchObject({
      count: 3,
      records: [sampleRecord(), sampleRecord({ uptime_s: 1 })],
      undecodable: [{ payload: '[[1,2]]', version: '1' }],
    });
  });

  test('fails with a missing group when Redis was emptied, and works once it is made anew', async () => {
    const consumer = testConsumer('a', redis, blocking);
    await redis.flushdb();
    const error = await consumer.read(10, 100).catch((failure: unknown) => failure);
    expect(isGroupMissing(error)).toBe(true);
    expect(await consumer.reclaim(10)).toEqual([]);
    await ensureGroups(redis, 1);
    const id = await addEntry(redis);
    expect(idsOf(await consumer.read(10, 1_000))).toEqual([id]);
  });
});

describe('acknowledging', () => {
  test('takes an entry off the pending ones and counts its heartbeats, once', async () => {
    await redis.xadd(SHARD.stream, '*', 'v', '1', 'n', 5, 'd', '[]');
    await addEntry(redis);
    const consumer = testConsumer('a', redis);
    const [five, one] = (await consumer.read(10, 1_000)) as [StreamEntry, StreamEntry];
    await consumer.acknowledge([five]);
    expect([await pendingIds(), await acked()]).toEqual([[one.id], 5]);
    await consumer.acknowledge([five, five, one]);
    expect([await pendingIds(), await acked()]).toEqual([[], 6]);
    await consumer.acknowledge([]);
    expect(await acked()).toBe(6);
  });

  test('counts once an entry that another consumer took over and stored too', async () => {
    await addEntries(2);
    const [slow, quick] = [testConsumer('slow', redis), testConsumer('quick', redis)];
    const entries = await slow.read(10, 1_000);
    const taken = await quick.reclaim(10);
    expect(idsOf(taken)).toEqual(idsOf(entries));
    await slow.acknowledge(entries);
    await quick.acknowledge(taken);
    expect([await pendingIds(), await acked()]).toEqual([[], 2]);
  });

  test('takes many entries at once', async () => {
    await addEntries(2_000);
    const consumer = testConsumer('a', redis);
    await consumer.acknowledge(await consumer.read(5_000, 1_000));
    expect([await pendingIds(), await acked()]).toEqual([[], 2_000]);
  });
});

describe('what got lost on the way', () => {
  /** Entries that Redis handed to the consumer and that never arrived there. */
  async function deliverIntoTheVoid(count: number): Promise<string[]> {
    const ids = await addEntries(count);
    await redis.xreadgroup('GROUP', WRITERS, 'a', 'COUNT', count, 'STREAMS', SHARD.stream, '>');
    return ids;
  }

  /** Makes a read fail while it waits. */
  async function breakRead(consumer: ShardConsumer): Promise<void> {
    const reading = consumer.read(10, 4_000).catch((error: unknown) => error);
    const id = await waitFor('the blocked connection', async () => {
      const clients = String(await redis.client('LIST'));
      return /^id=(\d+) (?=.*cmd=xreadgroup)(?=.*flags=b)/m.exec(clients)?.[1];
    });
    await redis.client('KILL', 'ID', Number(id));
    expect(await reading).toBeInstanceOf(Error);
    await waitFor('the connection to be back', () => blocking.status === 'ready');
  }

  test('is found again after a read that failed, before anything new', async () => {
    const consumer = testConsumer('a', redis, blocking);
    await breakRead(consumer);
    const lost = await deliverIntoTheVoid(250);
    const unread = await addEntry(redis);
    expect(idsOf(await consumer.read(10, 1_000))).toEqual(lost);
    expect(idsOf(await consumer.read(10, 1_000))).toEqual([unread]);
  });

  test('doesn’t bring what is in hand a second time', async () => {
    const consumer = testConsumer('a', redis, blocking);
    await addEntries(3);
    const [first, second, third] = await consumer.read(10, 1_000);
    await consumer.acknowledge([second!]);
    await breakRead(consumer);
    const lost = await deliverIntoTheVoid(1);
    expect(idsOf(await consumer.read(10, 1_000))).toEqual(lost);
    await breakRead(consumer);
    const unread = await addEntry(redis);
    expect(idsOf(await consumer.read(10, 1_000))).toEqual([unread]);
    expect(await pendingIds()).toEqual([first!.id, third!.id, ...lost, unread]);
  });

  test('is found even when looking for it fails once more', async () => {
    const consumer = testConsumer('a', redis, blocking);
    await breakRead(consumer);
    const lost = await deliverIntoTheVoid(2);
    blocking.disconnect();
    await expect(consumer.read(10, 1_000)).rejects.toThrow();
    await waitFor('the connection to end', () => blocking.status === 'end');
    await blocking.connect();
    expect(idsOf(await consumer.read(10, 1_000))).toEqual(lost);
  });
});
