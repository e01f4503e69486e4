import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { HeartbeatRecord } from '@nexmdm/contracts';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import * as fc from 'fast-check';
import { openDatabase, type DatabaseHandle } from '../pool.ts';
import { BUCKET_MS, dualWrite } from './dual-write.ts';

const DEVICES = [
  '00000000-0000-4000-8000-000000000001',
  '00000000-0000-4000-8000-000000000002',
] as const;
const [DEVICE] = DEVICES;
const NOW = Math.floor(Date.now() / BUCKET_MS) * BUCKET_MS;

let testDatabase: TestDatabase;
let database: DatabaseHandle;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openDatabase({
    url: testDatabase.url,
    poolMax: 2,
    applicationName: 'test',
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    onConnectionError: () => {},
  });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  await testDatabase.query('TRUNCATE device_heartbeats, device_last_status');
});

function record(changes: Partial<HeartbeatRecord> = {}): HeartbeatRecord {
  return {
    device_id: DEVICE,
    received_at: NOW,
    event_at: NOW,
    device_time: NOW,
    ip: '10.20.4.117',
    status: 'ok',
    battery_pct: 87,
    plugged: true,
    temp_c: 31.4,
    network_type: 'wifi',
    ssid: 'store-0417',
    carrier: null,
    signal_dbm: -61,
    uptime_s: 190_233,
    ram_used_mb: 2361,
    unity_pkg_version: '2.4.1',
    unity_running: true,
    agent_version: '1.0.109',
    power_ok: true,
    doze_whitelisted: false,
    net_validated: true,
    queue_depth: 0,
    service_up: true,
    monitored_foreground_recent_s: 12,
    monitored_package: 'io.unitynodes.unityapp',
    monitored_threshold_min: 10,
    facts: {
      app_version: '1.0.109',
      model: null,
      manufacturer: null,
      android_version: null,
      sdk_int: null,
      patch_level: null,
      build_id: null,
      is_device_owner: null,
      installed_apk_version_code: null,
      installed_apk_version_name: null,
      fcm_token: null,
      app_versions: '{}',
    },
    ...changes,
  };
}

const history = () =>
  testDatabase.query<Record<string, unknown>>(
    'SELECT * FROM device_heartbeats ORDER BY device_id, ts',
  );
const statuses = () =>
  testDatabase.query<Record<string, unknown>>(
    'SELECT * FROM device_last_status ORDER BY device_id',
  );

describe('dual write', () => {
  test('puts every column into both tables, exactly', async () => {
    const one = record({
      event_at: NOW + 1_234,
      temp_c: -2.5,
      ssid: 'Café "\\ {a,b} NULL',
      ip: null,
    });
    expect(await dualWrite(database.db, [one])).toEqual({
      written: 1,
      deduplicated: 0,
      statusUpserts: 1,
    });
    const { received_at, event_at, device_time, facts, ...state } = one;
    const { monitored_package, monitored_threshold_min, ...shared } = state;
    expect(facts).toBeDefined();
    expect(await history()).toEqual([
      {
        ...shared,
        ts: new Date(NOW),
        ts_offset_ms: 1_234,
        received_at: new Date(received_at),
        device_time: new Date(Number(device_time)),
      },
    ]);
    expect(await statuses()).toEqual([
      {
        ...shared,
        monitored_package,
        monitored_threshold_min,
        last_ts: new Date(event_at),
        last_seen_at: new Date(received_at),
        seen_bucket: expect.any(Date),
      },
    ]);
  });

  test('keeps one history row a bucket, the first, and the newest state', async () => {
    const batch = [0, 1, 2, 3, 4].map((second) =>
      record({
        event_at: NOW + second * 1_000 + 7,
        received_at: NOW + second,
        battery_pct: second,
      }),
    );
    expect(await dualWrite(database.db, batch)).toMatchObject({ written: 1, deduplicated: 4 });
    expect(await history()).toMatchObject([{ battery_pct: 0, ts: new Date(NOW) }]);
    expect(await statuses()).toMatchObject([{ battery_pct: 4, last_ts: new Date(NOW + 4_007) }]);
  });

  test('lets an older heartbeat fill history, and only the time seen move', async () => {
    await dualWrite(database.db, [record({ battery_pct: 50 })]);
    const older = record({ event_at: NOW - 60_000, received_at: NOW + 9_000, battery_pct: 90 });
    expect(await dualWrite(database.db, [older])).toMatchObject({ written: 1 });
    expect(await history()).toHaveLength(2);
    expect(await statuses()).toMatchObject([
      { battery_pct: 50, last_ts: new Date(NOW), last_seen_at: new Date(NOW + 9_000) },
    ]);
  });

  test('changes nothing when the same batch comes again', async () => {
    const batch = [record(), record({ event_at: NOW + 3_000, battery_pct: 3 })];
    await dualWrite(database.db, batch);
    const before = [await history(), await statuses()];
    expect(await dualWrite(database.db, batch)).toMatchObject({ written: 0, deduplicated: 2 });
    expect([await history(), await statuses()]).toEqual(before);
  });

  test('does nothing with an empty batch', async () => {
    expect(await dualWrite(database.db, [])).toEqual({
      written: 0,
      deduplicated: 0,
      statusUpserts: 0,
    });
  });

  test('ends in the same state however heartbeats are ordered and cut into batches', async () => {
    const heartbeat = fc.record({
      device_id: fc.constantFrom(...DEVICES),
      event_at: fc.integer({ min: 0, max: 60_000 }).map((offset) => NOW + offset),
      received_at: fc.integer({ min: 0, max: 60_000 }).map((offset) => NOW + offset),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(heartbeat, {
          minLength: 1,
          maxLength: 20,
          // Of two states equally old the later arrival wins, which depends on the order.
          selector: ({ device_id, event_at }) => `${device_id}${event_at}`,
        }),
        fc.integer({ min: 1, max: 20 }),
        async (heartbeats, batchSize) => {
          await testDatabase.query('TRUNCATE device_heartbeats, device_last_status');
          const records = heartbeats.map((one) =>
            record({ ...one, uptime_s: one.event_at % 1_000_000 }),
          );
          for (let start = 0; start < records.length; start += batchSize) {
            await dualWrite(database.db, records.slice(start, start + batchSize));
          }
          const buckets = new Set(
            records.map((one) => `${one.device_id}${Math.floor(one.event_at / BUCKET_MS)}`),
          );
          expect(await history()).toHaveLength(buckets.size);
          const expected = DEVICES.flatMap((device_id) => {
            const own = records.filter((one) => one.device_id === device_id);
            if (own.length === 0) return [];
            const newest = own.reduce((a, b) => (b.event_at > a.event_at ? b : a));
            const seen = Math.max(...own.map((one) => one.received_at));
            return [
              {
                device_id,
                uptime_s: newest.uptime_s,
                last_ts: new Date(newest.event_at),
                last_seen_at: new Date(seen),
              },
            ];
          });
          expect(await statuses()).toMatchObject(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('two writers with the same devices don’t deadlock and lose nothing', async () => {
    const fleet = Array.from(
      { length: 300 },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    const batch = (offset: number) =>
      fleet.map((device_id) => record({ device_id, event_at: NOW + offset * BUCKET_MS }));
    const rounds = Array.from({ length: 10 }, (_, index) => index);
    await Promise.all([
      ...rounds.map((round) => dualWrite(database.db, batch(round))),
      ...rounds.map((round) => dualWrite(database.db, batch(round).toReversed())),
    ]);
    expect(await history()).toHaveLength(fleet.length * rounds.length);
    const lastTs = new Set((await statuses()).map((row) => (row['last_ts'] as Date).getTime()));
    expect([...lastTs]).toEqual([NOW + 9 * BUCKET_MS]);
  });
});
