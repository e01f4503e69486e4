import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import * as fc from 'fast-check';
import { addDays, dayOf, startOfDay } from '../day.ts';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { BUCKET_MS, dualWrite } from './dual-write.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { measureAvailability, type Gap } from './measure-availability.ts';

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

/** All times in ms since the epoch. */
interface Case {
  beats: readonly number[];
  created: number;
  deleted: number | null;
  from: number;
  to: number;
  now: number;
  gapAfter: number;
}

async function measure(given: Case, maxGaps = 1_000) {
  devices += 1;
  const id = sampleDevice(devices);
  await dualWrite(
    database.db,
    given.beats.map((at) => sampleRecord(at, { device_id: id })),
  );
  return measureAvailability(database.db, {
    device: {
      id,
      created_at: new Date(given.created),
      deleted_at: given.deleted === null ? null : new Date(given.deleted),
    },
    from: new Date(given.from),
    to: new Date(given.to),
    now: new Date(given.now),
    gapAfterSeconds: given.gapAfter / 1_000,
    maxGaps,
  });
}

/** What the answer should be, found the slow way: over the device's whole history. */
function model({ beats, created, deleted, from, to, now, gapAfter }: Case) {
  const sorted = beats.toSorted((a, b) => a - b);
  const born = Math.min(created, ...sorted);
  const present = Math.min(now, deleted ?? now);
  const start = Math.max(from, born);
  const end = Math.min(to, present);
  if (start >= end) return { from: end, to: end, heartbeats: 0, gaps: [] };
  const gaps: { from: number; to: number; open: boolean }[] = [];
  let before = born;
  for (const [index, at] of [...sorted, present].entries()) {
    const open = index === sorted.length && end === now;
    const [gapFrom, gapTo] = [Math.max(before, start), Math.min(at, end)];
    if (at - before > gapAfter && gapFrom < gapTo) gaps.unshift({ from: gapFrom, to: gapTo, open });
    before = at;
  }
  const inside = sorted.filter((at) => at >= start && at < end);
  return { from: start, to: end, heartbeats: inside.length, gaps };
}

const plain = ({ from, to, open }: Gap) => ({ from: from.getTime(), to: to.getTime(), open });

const minutes = (min: number, max: number) =>
  fc.integer({ min, max }).map((minute) => START + minute * MINUTE_MS);
/** A device's clock is believed up to 5 minutes ahead of ours, and a deleted one isn't heard. */
function withRange({ length, beats, ...rest }: Omit<Case, 'to'> & { length: number }): Case {
  const last = Math.min(rest.now, rest.deleted ?? rest.now) + 5 * MINUTE_MS;
  return {
    ...rest,
    to: rest.from + length * MINUTE_MS,
    beats: beats.filter((at) => at <= last),
  };
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    beats: fc.uniqueArray(
      fc
        .integer({ min: 0, max: (6 * HOUR_MS) / BUCKET_MS })
        .map((bucket) => START + bucket * BUCKET_MS),
      { maxLength: 30 },
    ),
    created: minutes(-120, 400),
    deleted: fc.option(minutes(0, 500), { freq: 3, nil: null }),
    from: minutes(-30, 380),
    length: fc.integer({ min: 0, max: 300 }),
    now: minutes(100, 420),
    gapAfter: fc.constantFrom(30_000, 3 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS),
  })
  .map(withRange);

const HOURLY: Case = {
  beats: [0, 1, 2, 3].map((hour) => START + hour * HOUR_MS),
  created: START,
  deleted: null,
  from: START,
  to: START + 3 * HOUR_MS,
  now: START + 10 * HOUR_MS,
  gapAfter: 30 * MINUTE_MS,
};

describe('availability', () => {
  test('is that of the whole history, though only the neighbourhood of the range is read', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const got = await measure(given);
        const expected = model(given);
        expect({
          from: got.from.getTime(),
          to: got.to.getTime(),
          heartbeats: got.heartbeats,
          gaps: got.gaps.map(plain),
        }).toEqual(expected);
        const seconds = expected.gaps.reduce((sum, gap) => sum + (gap.to - gap.from) / 1_000, 0);
        expect([got.gapCount, got.gapSeconds]).toEqual([expected.gaps.length, seconds]);
      }),
      { numRuns: 1000 },
    );
  });

  test('counts the gaps that it doesn’t list, and lists the newest', async () => {
    const { gaps, gapCount, gapSeconds } = await measure(HOURLY, 2);
    expect([gapCount, gapSeconds]).toEqual([3, 3 * 3_600]);
    expect(gaps.map(({ from }) => from.getTime())).toEqual([START + 2 * HOUR_MS, START + HOUR_MS]);
  });

  test('a silence of just three intervals is no gap, and an ms more is one', async () => {
    const silent = { ...HOURLY, beats: [START], to: START + HOUR_MS };
    expect((await measure({ ...silent, now: START + 30 * MINUTE_MS })).gapCount).toBe(0);
    const later = await measure({ ...silent, now: START + 30 * MINUTE_MS + 1 });
    expect(later.gaps.map(plain)).toEqual([
      { from: START, to: START + 30 * MINUTE_MS + 1, open: true },
    ]);
  });

  test('a deleted device’s last gap ends with it', async () => {
    const deleted = START + 5 * HOUR_MS;
    const { to, gaps } = await measure({ ...HOURLY, to: START + 9 * HOUR_MS, deleted });
    expect(to.getTime()).toBe(deleted);
    expect(gaps.map(plain)[0]).toEqual({ from: START + 3 * HOUR_MS, to: deleted, open: false });
  });
});
