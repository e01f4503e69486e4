import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import * as fc from 'fast-check';
import { addDays, DAY_MS, dayOf, startOfDay } from '../day.ts';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { BUCKET_MS, dualWrite } from './dual-write.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { bucketStart, listHeartbeatBuckets } from './list-heartbeat-buckets.ts';

const FIRST_DAY = addDays(dayOf(Date.now()), -4);
const START = startOfDay(FIRST_DAY).getTime();
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let testDatabase: TestDatabase;
let database: DatabaseHandle;
let devices = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url);
  await ensurePartitions(database.db, FIRST_DAY, 4);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

interface Beat {
  /** ms since the epoch */
  at: number;
  battery_pct: number | null;
  temp_c: number | null;
  plugged: boolean | null;
  unity_running: boolean | null;
  uptime_s: number | null;
}

const NOTHING = {
  battery_pct: null,
  temp_c: null,
  plugged: null,
  unity_running: null,
  uptime_s: null,
};

/** A device of its own with this history. */
async function deviceWith(beats: readonly Beat[]): Promise<string> {
  devices += 1;
  const device_id = sampleDevice(devices);
  const records = beats.map(({ at, ...state }) => sampleRecord(at, { device_id, ...state }));
  await dualWrite(database.db, records);
  return device_id;
}

const read = (deviceId: string, from: number, to: number, resolutionSeconds: number) =>
  listHeartbeatBuckets(database.db, {
    deviceId,
    from: new Date(from),
    to: new Date(to),
    resolutionSeconds,
  });

function spanOf(values: readonly (number | null)[]) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return {
    min: Math.min(...known),
    avg: known.reduce((sum, value) => sum + value, 0) / known.length,
    max: Math.max(...known),
  };
}

/** What the buckets should be, found the slow way. */
function model(beats: readonly Beat[], from: number, to: number, resolutionSeconds: number) {
  const width = resolutionSeconds * 1_000;
  const sorted = beats.toSorted((a, b) => a.at - b.at);
  const buckets = [];
  const lowest = from - (((from % width) + width) % width);
  for (let start = lowest; start < to; start += width) {
    const inside = sorted.filter(
      ({ at }) => at >= Math.max(from, start) && at < Math.min(to, start + width),
    );
    const resets = inside.filter((beat) => {
      const before = sorted[sorted.indexOf(beat) - 1]?.uptime_s ?? null;
      return beat.uptime_s !== null && before !== null && beat.uptime_s < before;
    });
    const count = (running: boolean | null) =>
      inside.filter(({ unity_running }) => unity_running === running).length;
    const plugged = inside.filter((beat) => beat.plugged !== null);
    buckets.unshift({
      ts: new Date(start),
      heartbeats: inside.length,
      gap: inside.length === 0,
      battery_pct: spanOf(inside.map(({ battery_pct }) => battery_pct)),
      temp_c: spanOf(inside.map(({ temp_c }) => temp_c)),
      uptime_resets: resets.length,
      unity_running: { up: count(true), down: count(false), unknown: count(null) },
      plugged_share:
        plugged.length === 0
          ? null
          : plugged.filter((beat) => beat.plugged).length / plugged.length,
    });
  }
  return buckets;
}

/** Makes the rounded numbers comparable: to one digit less than they are rounded to. */
function roughly<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'number' ? Math.round(part * 20) / 20 : part,
    ),
  ) as T;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 4 });
const beats = fc.uniqueArray(
  fc.record({
    at: fc.integer({ min: 0, max: (2 * DAY_MS) / BUCKET_MS }).map((n) => START + n * BUCKET_MS),
    battery_pct: maybe(fc.integer({ min: 0, max: 100 })),
    temp_c: maybe(fc.integer({ min: -100, max: 500 }).map((tenths) => tenths / 10)),
    plugged: maybe(fc.boolean()),
    unity_running: maybe(fc.boolean()),
    uptime_s: maybe(fc.integer({ min: 0, max: 50 })),
  }),
  { selector: ({ at }) => at, maxLength: 40 },
);
const moment = fc
  .integer({ min: -60, max: 2 * 24 * 60 + 60 })
  .map((minutes) => START + minutes * MINUTE_MS);

describe('a history in buckets', () => {
  test('says of every bucket what its heartbeats say', async () => {
    await fc.assert(
      fc.asyncProperty(
        beats,
        moment,
        fc.integer({ min: 1, max: 36 * 60 }),
        fc.constantFrom(60, 300, 1_000, 3_600, 7_200, 86_400),
        async (history, from, minutes, resolution) => {
          // No more buckets than a page has.
          const to = Math.min(from + minutes * MINUTE_MS, from + 900 * resolution * 1_000);
          const deviceId = await deviceWith(history);
          const got = await read(deviceId, from, to, resolution);
          expect(roughly(got)).toEqual(roughly(model(history, from, to, resolution)));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a day is a UTC day, and a range of no time has no buckets', async () => {
    const deviceId = await deviceWith([{ ...NOTHING, at: START + 25 * HOUR_MS, uptime_s: 5 }]);
    const days = await read(deviceId, START, START + 2 * DAY_MS, 86_400);
    expect(days.map(({ ts, heartbeats }) => [ts.getTime(), heartbeats])).toEqual([
      [START + DAY_MS, 1],
      [START, 0],
    ]);
    expect(await read(deviceId, START, START, 60)).toEqual([]);
  });

  test('a reboot counts in the first bucket too, however long before the last heartbeat was', async () => {
    const at = (hour: number, uptime_s: number) => ({
      ...NOTHING,
      at: START + hour * HOUR_MS,
      uptime_s,
    });
    const deviceId = await deviceWith([at(0, 500), at(90, 3), at(91, 4), at(92, 1)]);
    const hours = await read(deviceId, START + 90 * HOUR_MS, START + 93 * HOUR_MS, 3_600);
    expect(hours.map(({ uptime_resets }) => uptime_resets)).toEqual([1, 0, 1]);
  });

  test('of bucket borders, the start belongs to the bucket', () => {
    expect(bucketStart(START, 86_400).getTime()).toBe(START);
    expect(bucketStart(START - 1, 86_400).getTime()).toBe(START - DAY_MS);
    expect(bucketStart(-1, 60).getTime()).toBe(-60_000);
  });
});
