import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import * as fc from 'fast-check';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { BUCKET_MS, dualWrite } from './dual-write.ts';
import { insertDevice } from './insert-device.ts';
import { refreshStatus, type StatusRefresh } from './refresh-status.ts';

const NOW = Math.floor(Date.now() / BUCKET_MS) * BUCKET_MS;
const DAY_MS = 86_400_000;
const NONE = { inserted: 0, advanced: 0, repaired: 0, seen_later: 0 };

let testDatabase: TestDatabase;
let database: DatabaseHandle;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url);
  for (const number of [1, 2, 3]) {
    await insertDevice(database.db, { id: sampleDevice(number), alias: `D${number}` });
  }
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  await testDatabase.query('TRUNCATE device_heartbeats, device_last_status');
});

interface Options {
  dryRun?: boolean;
  since?: number;
  after?: string | null;
}

function refresh({
  dryRun = false,
  since = NOW - DAY_MS,
  after = null,
}: Options = {}): Promise<StatusRefresh> {
  return refreshStatus(
    database.db,
    { after, through: sampleDevice(999) },
    { since: new Date(since), dryRun, details: true },
  );
}

type Row = Record<string, unknown> & { device_id: string; last_ts: Date; last_seen_at: Date };
const statuses = () =>
  testDatabase.query<Row>('SELECT * FROM device_last_status ORDER BY device_id');
const change = (assignments: string, device = 1) =>
  testDatabase.query(`UPDATE device_last_status SET ${assignments} WHERE device_id = $1`, [
    sampleDevice(device),
  ]);

describe('refreshing the last status from the history', () => {
  test('inserts what is missing, with what the device is monitored for', async () => {
    await dualWrite(database.db, [
      sampleRecord(NOW + 1_234, { battery_pct: 50, ssid: 'shop', monitored_package: 'other' }),
      sampleRecord(NOW - 60_000, { received_at: NOW + 9_000, battery_pct: 40 }),
      sampleRecord(NOW, { device_id: sampleDevice(2) }),
      sampleRecord(NOW, { device_id: sampleDevice(77) }),
    ]);
    const [written] = await statuses();
    await testDatabase.query('TRUNCATE device_last_status');
    await testDatabase.query(
      'UPDATE devices SET monitor_enabled = false, deleted_at = now() WHERE id = $1',
      [sampleDevice(2)],
    );
    const planned = await refresh({ dryRun: true });
    expect(await statuses()).toEqual([]);
    const done = await refresh();
    expect(done).toEqual(planned);
    expect(done.counts).toEqual({ ...NONE, inserted: 2 });
    expect(done.changes[0]).toMatchObject({ before: null, after: { battery_pct: 50 } });
    // The device that isn't registered has none.
    expect(await statuses()).toMatchObject([
      {
        ...written,
        last_ts: new Date(NOW + 1_234),
        last_seen_at: new Date(NOW + 9_000),
        monitored_package: 'io.unitynodes.unityapp',
        monitored_threshold_min: 10,
      },
      { device_id: sampleDevice(2), monitored_package: null, monitored_threshold_min: 10 },
    ]);
    expect((await refresh()).counts).toEqual(NONE);
  });

  test('takes the newer state, and keeps a later arrival', async () => {
    await dualWrite(database.db, [sampleRecord(NOW + 2_000, { battery_pct: 50 })]);
    await change(
      `last_ts = last_ts - interval '1 second', last_seen_at = last_seen_at + interval '1 hour', battery_pct = 9`,
    );
    expect((await refresh()).counts).toEqual({ ...NONE, advanced: 1 });
    expect(await statuses()).toMatchObject([
      {
        last_ts: new Date(NOW + 2_000),
        last_seen_at: new Date(NOW + 2_000 + 3_600_000),
        battery_pct: 50,
      },
    ]);
  });

  test('repairs the state of the same heartbeat, and says what it was', async () => {
    await dualWrite(database.db, [
      sampleRecord(NOW + 2_345, { battery_pct: 50, ssid: null, temp_c: -2.5 }),
      sampleRecord(NOW - DAY_MS / 2, { received_at: NOW + 60_000 }),
    ]);
    const before = await statuses();
    await change(`battery_pct = 1, ssid = 'wrong', temp_c = 'NaN', carrier = 'wrong'`);
    const { counts, changes } = await refresh();
    expect(counts).toEqual({ ...NONE, repaired: 1 });
    expect(changes).toMatchObject([
      { before: { battery_pct: 1, ssid: 'wrong' }, after: { battery_pct: 50, ssid: null } },
    ]);
    expect(await statuses()).toEqual(before);
  });

  test('moves the time seen alone when only that is behind', async () => {
    await dualWrite(database.db, [sampleRecord(NOW, { battery_pct: 50 })]);
    await change(`last_ts = last_ts + interval '1 minute', battery_pct = 60,
      last_seen_at = last_seen_at - interval '1 minute'`);
    expect((await refresh()).counts).toEqual({ ...NONE, seen_later: 1 });
    expect(await statuses()).toMatchObject([
      { last_ts: new Date(NOW + 60_000), last_seen_at: new Date(NOW), battery_pct: 60 },
    ]);
  });

  test('leaves the second heartbeat of a bucket alone, also when both came in one request', async () => {
    const [first, second] = [
      sampleRecord(NOW + 1_000),
      sampleRecord(NOW + 9_000, { battery_pct: 7 }),
    ];
    for (const received_at of [NOW + 9_000, NOW + 1_000]) {
      await testDatabase.query('TRUNCATE device_heartbeats, device_last_status');
      await dualWrite(database.db, [first]);
      await dualWrite(database.db, [{ ...second, received_at }]);
      const before = await statuses();
      expect((await refresh()).counts).toEqual(NONE);
      expect(await statuses()).toEqual(before);
    }
  });

  test('of rows without the exact time, repairs only what they hold, and only the last arrival', async () => {
    await dualWrite(database.db, [sampleRecord(NOW + 2_000, { battery_pct: 50, carrier: 'O2' })]);
    await testDatabase.query(
      'UPDATE device_heartbeats SET ts_offset_ms = NULL, carrier = NULL, service_up = NULL',
    );
    expect((await refresh()).counts).toEqual(NONE);
    await change('battery_pct = 1');
    expect((await refresh()).counts).toEqual({ ...NONE, repaired: 1 });
    expect(await statuses()).toMatchObject([
      { battery_pct: 50, carrier: 'O2', last_ts: new Date(NOW + 2_000) },
    ]);
    await change(`battery_pct = 2, last_seen_at = last_seen_at + interval '1 second'`);
    expect((await refresh()).counts).toEqual(NONE);
  });

  test('looks at the range and the time it is told', async () => {
    await dualWrite(database.db, [
      sampleRecord(NOW - 2 * 3_600_000),
      sampleRecord(NOW, { device_id: sampleDevice(3) }),
    ]);
    await testDatabase.query('TRUNCATE device_last_status');
    const options = { dryRun: true };
    expect((await refresh({ ...options, since: NOW - 3_600_000 })).counts.inserted).toBe(1);
    expect((await refresh({ ...options, after: sampleDevice(1) })).counts.inserted).toBe(1);
    expect((await refresh({ ...options, after: sampleDevice(3) })).counts).toEqual(NONE);
  });

  test('does nothing after the dual write, however the heartbeats came', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (heartbeats) => {
        await testDatabase.query('TRUNCATE device_heartbeats, device_last_status');
        for (const batch of heartbeats) await dualWrite(database.db, batch);
        expect((await refresh()).counts).toEqual(NONE);
      }),
      { numRuns: 40 },
    );
  });

  test('never moves a status backwards, whatever is stored', async () => {
    const stored = fc.record({
      device: fc.integer({ min: 1, max: 3 }),
      last_ts: moment,
      last_seen_at: moment,
      battery_pct: fc.integer({ min: 0, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(batches, fc.array(stored), async (heartbeats, changes) => {
        await testDatabase.query('TRUNCATE device_heartbeats, device_last_status');
        for (const batch of heartbeats) await dualWrite(database.db, batch);
        for (const { device, last_ts, last_seen_at, battery_pct } of changes) {
          await testDatabase.query(
            `UPDATE device_last_status SET last_ts = $2, last_seen_at = $3, battery_pct = $4
             WHERE device_id = $1`,
            [sampleDevice(device), new Date(last_ts), new Date(last_seen_at), battery_pct],
          );
        }
        const before = await statuses();
        const planned = await refresh({ dryRun: true });
        const { counts } = await refresh();
        expect(counts).toEqual(planned.counts);
        for (const [index, row] of (await statuses()).entries()) {
          const old = before[index] as Row;
          const recorded = await testDatabase.query(
            `SELECT 1 FROM device_heartbeats WHERE device_id = $1
             AND ts + ts_offset_ms * interval '1 ms' >= $2`,
            [row.device_id, old.last_ts],
          );
          // Only a state as new or newer takes its place.
          if (recorded.length === 0) expect(row['battery_pct']).toBe(old['battery_pct']);
          expect(row.last_ts.getTime()).toBeGreaterThanOrEqual(old.last_ts.getTime());
          expect(row.last_seen_at.getTime()).toBeGreaterThanOrEqual(old.last_seen_at.getTime());
        }
        expect((await refresh()).counts).toEqual(NONE);
      }),
      { numRuns: 40 },
    );
  });

  test('and writing at the same time wait for each other nowhere', async () => {
    const fleet = Array.from({ length: 200 }, (_, index) => sampleDevice(1_000 + index));
    for (const id of fleet) await insertDevice(database.db, { id, alias: id });
    let writing = true;
    const writers = [1, 2].map(async (writer) => {
      for (let round = 0; writing; round += 1) {
        const at = NOW + round * 1_000;
        const batch = fleet.map((device_id) =>
          sampleRecord(at, { device_id, uptime_s: round, received_at: at + writer }),
        );
        await dualWrite(database.db, writer === 1 ? batch : batch.toReversed());
      }
    });
    for (let round = 0; round < 15; round += 1) {
      // In the order of the devices, as everybody does.
      for (const harm of [
        'DELETE FROM device_last_status s USING chosen c WHERE s.device_id = c.device_id',
        `UPDATE device_last_status s SET battery_pct = 1, last_ts = last_ts - interval '1 minute'
         FROM chosen c WHERE s.device_id = c.device_id`,
      ]) {
        await testDatabase.query(
          `WITH chosen AS (
             SELECT device_id FROM device_last_status WHERE random() < 0.2 ORDER BY 1 FOR UPDATE
           ) ${harm}`,
        );
      }
      await Promise.all(
        [1, 2].map(() =>
          refreshStatus(
            database.db,
            { after: sampleDevice(999), through: sampleDevice(2_000) },
            { since: new Date(NOW - DAY_MS), dryRun: false, details: false },
          ),
        ),
      );
    }
    writing = false;
    await Promise.all(writers);
    const rows = await testDatabase.query<{ behind: number }>(
      `SELECT count(*)::integer AS behind FROM device_last_status s JOIN
         (SELECT device_id, max(ts) AS ts FROM device_heartbeats GROUP BY 1) h USING (device_id)
       WHERE s.last_ts < h.ts`,
    );
    expect(rows).toEqual([{ behind: 0 }]);
  });
});

const moment = fc.integer({ min: 0, max: 40_000 }).map((offset) => NOW + offset);

/** Heartbeats of three devices, whose event times differ; each has its own level of the battery. */
const batches = fc
  .uniqueArray(
    fc.record({ device: fc.integer({ min: 1, max: 3 }), event_at: moment, received_at: moment }),
    { minLength: 1, maxLength: 15, selector: ({ device, event_at }) => `${device} ${event_at}` },
  )
  .map((heartbeats) =>
    heartbeats.map(({ device, event_at, received_at }, index) =>
      sampleRecord(event_at, {
        device_id: sampleDevice(device),
        received_at,
        battery_pct: index,
      }),
    ),
  )
  .map((records) => [records.slice(0, 5), records.slice(5, 10), records.slice(10)]);
