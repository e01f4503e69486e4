import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ChangeFeed } from './change-feed.ts';
import { decodeChanges, MAX_MESSAGE_IDS, type Changes } from './change-message.ts';
import { sampleDevice } from '../test/sample-record.ts';

const INTERVAL_MS = 250;

let feed: ChangeFeed;
let dropped: number;
let published: Changes[];

beforeEach(() => {
  jest.useFakeTimers();
  [published, dropped] = [[], 0];
});
afterEach(() => {
  feed.stop();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function startFeed(answer: () => Promise<unknown> = async () => 1): void {
  feed = new ChangeFeed({
    publish: (message) => {
      const changes = decodeChanges(message);
      if (changes === undefined) throw new Error(`not a message: ${message.slice(0, 100)}`);
      published.push(changes);
      return answer();
    },
    onDropped: () => {
      dropped += 1;
    },
  });
}

const devices = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ({ device_id: sampleDevice(first + index) }));
const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

describe('the feed of changes', () => {
  test('says once what came in within a moment', async () => {
    startFeed();
    feed.add(devices(3));
    feed.add(devices(3, 1));
    await pass(INTERVAL_MS - 1);
    expect(published).toEqual([]);
    await pass(1);
    expect(published).toEqual([{ changed: 4, ids: [0, 1, 2, 3].map(sampleDevice) }]);
    feed.add(devices(1, 9));
    await pass(INTERVAL_MS);
    expect(published[1]).toEqual({ changed: 1, ids: [sampleDevice(9)] });
  });

  test('says nothing when nothing changed', async () => {
    startFeed();
    feed.add([]);
    expect(jest.getTimerCount()).toBe(0);
    feed.add(devices(1));
    await pass(10 * INTERVAL_MS);
    expect(published).toHaveLength(1);
  });

  test('says it four times a second, however often it is told', async () => {
    startFeed();
    for (let millisecond = 0; millisecond < 2_000; millisecond += 1) {
      feed.add(devices(10));
      await pass(1);
    }
    expect(published).toHaveLength(8);
  });

  test('names 1,000 of 25,000, and counts all of them', async () => {
    startFeed();
    feed.add(devices(12_000));
    feed.add(devices(13_000, 12_000));
    await pass(INTERVAL_MS);
    expect(published[0]?.changed).toBe(25_000);
    expect(published[0]?.ids).toHaveLength(MAX_MESSAGE_IDS);
  });

  test('has one message under way at most, and makes one of what came in meanwhile', async () => {
    const answer = Promise.withResolvers<number>();
    startFeed(() => answer.promise);
    feed.add(devices(1));
    await pass(INTERVAL_MS);
    for (const first of [1, 2, 3]) {
      feed.add(devices(1, first));
      await pass(INTERVAL_MS);
    }
    expect(published).toHaveLength(1);
    answer.resolve(0);
    await pass(INTERVAL_MS);
    expect(published[1]?.changed).toBe(3);
  });

  test('lets go of what can’t be published, counts it, and goes on', async () => {
    let away = true;
    startFeed(async () => {
      if (away) throw new Error('Redis is away');
    });
    feed.add(devices(2));
    await pass(INTERVAL_MS);
    expect(dropped).toBe(1);
    away = false;
    feed.add(devices(1, 5));
    await pass(INTERVAL_MS);
    expect(published[1]).toEqual({ changed: 1, ids: [sampleDevice(5)] });
    expect(dropped).toBe(1);
  });

  test('takes a publisher that throws for one that fails', async () => {
    startFeed(() => {
      throw new Error('not even a promise');
    });
    feed.add(devices(1));
    await pass(INTERVAL_MS);
    expect(dropped).toBe(1);
  });

  test('says nothing more once it is stopped', async () => {
    startFeed();
    feed.add(devices(1));
    feed.stop();
    feed.add(devices(1));
    feed.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('says nothing more when it is stopped while a message is under way', async () => {
    const answer = Promise.withResolvers<number>();
    startFeed(() => answer.promise);
    feed.add(devices(1));
    await pass(INTERVAL_MS);
    feed.add(devices(1));
    feed.stop();
    answer.resolve(0);
    await pass(INTERVAL_MS);
    expect(published).toHaveLength(1);
  });
});
