import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { encodeRecord, joinRecords, UndecodableEntryError } from './codec.ts';
import { decodeEntry } from './consumer.ts';
import {
  addDeadLetter,
  countDeadLetters,
  findDeadLetter,
  listDeadLetters,
  replayDeadLetter,
  type DeadLetter,
  type NewDeadLetter,
} from './dead-letters.ts';
import { StreamProducer } from './producer.ts';
import { sampleDevice, sampleRecord } from '../test/sample-record.ts';
import type { StreamRedis } from './scripts.ts';
import { SHARD, testConnections } from '../test/stream.ts';

const connections = testConnections(5);
let redis: StreamRedis;
let producer: StreamProducer;

beforeAll(async () => {
  redis = await connections.open();
  producer = new StreamProducer({ redis, shards: 1 });
});
afterAll(() => {
  connections.closeAll();
});
beforeEach(async () => {
  await redis.flushdb();
});

const letter = (changes: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  reason: 'refused_by_database',
  detail: '22003: value "Überlauf" out of range\nat row 1',
  shard: 0,
  entryId: '5-1',
  content: { record: sampleRecord() },
  ...changes,
});

async function onlyLetter(): Promise<DeadLetter> {
  const [first, ...others] = await listDeadLetters(redis, 10);
  expect(others).toEqual([]);
  if (first === undefined) throw new Error('there is no dead letter');
  return first;
}

const appended = async () =>
  (await redis.xrange(SHARD.stream, '-', '+')).flatMap((entry) => decodeEntry(entry).records);

describe('a dead letter', () => {
  test('is kept with all that is known of it', async () => {
    await addDeadLetter(redis, letter());
    expect(await onlyLetter()).toEqual({
      id: expect.stringMatching(/^\d+-\d+$/),
      reason: 'refused_by_database',
      detail: '22003: value "Überlauf" out of range\nat row 1',
      shard: 0,
      entryId: '5-1',
      version: '1',
      payload: joinRecords([encodeRecord(sampleRecord())]),
    });
  });

  test('is found by its id', async () => {
    await addDeadLetter(redis, letter());
    const { id } = await onlyLetter();
    expect(await findDeadLetter(redis, id)).toEqual(await onlyLetter());
    expect(await findDeadLetter(redis, '1-1')).toBeUndefined();
  });

  test('is listed with the others by age, page by page', async () => {
    expect(await countDeadLetters(redis)).toBe(0);
    expect(await listDeadLetters(redis, 10)).toEqual([]);
    for (let shard = 0; shard < 5; shard += 1) await addDeadLetter(redis, letter({ shard }));
    expect(await countDeadLetters(redis)).toBe(5);
    const first = await listDeadLetters(redis, 2);
    const second = await listDeadLetters(redis, 2, first.at(-1)?.id);
    const third = await listDeadLetters(redis, 2, second.at(-1)?.id);
    expect([first, second, third].map((page) => page.map(({ shard }) => shard))).toEqual([
      [0, 1],
      [2, 3],
      [4],
    ]);
    expect(await listDeadLetters(redis, 2, third.at(-1)?.id)).toEqual([]);
  });
});

describe('replaying a dead letter', () => {
  test('appends its heartbeats anew and removes it', async () => {
    const records = [1, 2, 3].map((device) => sampleRecord({ device_id: sampleDevice(device) }));
    const payload = joinRecords(records.map(encodeRecord));
    await addDeadLetter(redis, letter({ content: { payload } }));
    expect(await replayDeadLetter(redis, producer, await onlyLetter())).toBe(3);
    expect(await appended()).toEqual(records);
    expect(await countDeadLetters(redis)).toBe(0);
  });

  test('twice appends the same once more, which writes nothing new', async () => {
    await addDeadLetter(redis, letter());
    const one = await onlyLetter();
    await replayDeadLetter(redis, producer, one);
    await replayDeadLetter(redis, producer, one);
    expect(await appended()).toEqual([sampleRecord(), sampleRecord()]);
  });

  test.each([
    ['that is no JSON', { payload: '{"half":' }],
    ['of another version', { payload: joinRecords([encodeRecord(sampleRecord())]), version: '2' }],
  ])('%s leaves it where it is', async (_name, content) => {
    await addDeadLetter(redis, letter({ reason: 'undecodable', content }));
    const one = await onlyLetter();
    expect(one).toMatchObject({ version: '1', ...content });
    await expect(replayDeadLetter(redis, producer, one)).rejects.toThrow(UndecodableEntryError);
    expect(await onlyLetter()).toEqual(one);
    expect(await appended()).toEqual([]);
  });

  test('that can’t be appended leaves it where it is', async () => {
    await addDeadLetter(redis, letter());
    await redis.set(SHARD.stream, 'not a stream');
    await expect(replayDeadLetter(redis, producer, await onlyLetter())).rejects.toThrow(
      'WRONGTYPE',
    );
    expect(await countDeadLetters(redis)).toBe(1);
  });
});
