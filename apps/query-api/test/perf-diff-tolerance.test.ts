import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { HeartbeatRecord } from '@nexmdm/contracts';
import { dualWrite, openDatabase, type DatabaseHandle } from '@nexmdm/db';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { deviceId, recordOf } from './generated-fleet.ts';

const BUCKET_MS = 10_000;
const NOW = Math.floor(Date.now() / BUCKET_MS) * BUCKET_MS;

let database: TestDatabase;
let handle: DatabaseHandle;
let app: AppProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  handle = openDatabase({
    url: database.url,
    poolMax: 2,
    applicationName: 'test',
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    onConnectionError: () => {},
  });
  app = await startApp('query-api', {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    PERF_DIFF_ENABLED: 'true',
  });
});
afterAll(async () => {
  await app.stop();
  await handle.close();
  await database.drop();
});
beforeEach(async () => {
  await database.query('TRUNCATE devices, device_heartbeats, device_last_status');
  await database.query('INSERT INTO devices (id, alias) VALUES ($1, $2)', [deviceId(1), 'kiosk']);
});

const heartbeat = (changes: Partial<HeartbeatRecord>): HeartbeatRecord => ({
  ...recordOf(1, NOW, NOW, () => 0),
  ...changes,
});

interface Summary {
  query: string;
  comparisons: number;
  errors: number;
  latest_mismatches: { differing: string[] }[];
  mismatches: number;
}

async function compare(query: string, path: string): Promise<string[]> {
  const summary = () =>
    waitFor('the comparisons to end', async () => {
      const answer = await adminGet(app.url, '/v1/perf-diff');
      const state = (await answer.json()) as { running: number; queries: Summary[] };
      return state.running === 0 ? state.queries.find((one) => one.query === query) : undefined;
    });
  const before = await summary();
  await adminGet(app.url, path);
  const after = await waitFor('a comparison', async () => {
    const now = await summary();
    return now.comparisons > before.comparisons ? now : undefined;
  });
  expect(after.errors).toBe(0);
  return after.mismatches > before.mismatches ? (after.latest_mismatches[0]?.differing ?? []) : [];
}

const DEVICE = `/v1/devices/${deviceId(1)}`;

describe('a comparison allows for what history does not hold', () => {
  test('a later heartbeat of the same bucket', async () => {
    await dualWrite(handle.db, [heartbeat({ battery_pct: 50 })]);
    await dualWrite(handle.db, [
      heartbeat({ event_at: NOW + 4_000, received_at: NOW + 4_000, battery_pct: 51 }),
    ]);
    expect(await compare('get_device', DEVICE)).toEqual([]);
    expect(await compare('list_devices', '/v1/devices')).toEqual([]);
  });

  test('the same heartbeat again, minutes later', async () => {
    await dualWrite(handle.db, [
      heartbeat({ received_at: NOW - 290_000, event_at: NOW - 290_000 }),
    ]);
    await dualWrite(handle.db, [heartbeat({ received_at: NOW, event_at: NOW - 290_000 })]);
    expect(await compare('get_device', DEVICE)).toEqual([]);
  });

  test('a status that is older than the history', async () => {
    await dualWrite(handle.db, [heartbeat({})]);
    await database.query(
      "UPDATE device_last_status SET last_ts = now() - interval '200 days', last_seen_at = now() - interval '200 days'",
    );
    await database.query('TRUNCATE device_heartbeats');
    expect(await compare('get_device', DEVICE)).toEqual([]);
    expect(await compare('list_devices', '/v1/devices')).toEqual([]);
    expect(await compare('offline_devices', '/v1/devices/offline')).toEqual([]);
    expect(await compare('fleet_counts', '/v1/metrics')).toEqual([]);
  });

  test('what earlier versions did not store', async () => {
    const state = { carrier: 'Telco', service_up: false, event_at: NOW + 7 };
    await dualWrite(handle.db, [heartbeat(state)]);
    await database.query(
      'UPDATE device_heartbeats SET ts_offset_ms = NULL, carrier = NULL, service_up = NULL',
    );
    expect(await compare('get_device', DEVICE)).toEqual([]);
    expect(await compare('fleet_counts', '/v1/metrics')).toEqual([]);
    await database.query('UPDATE device_heartbeats SET ts_offset_ms = 7');
    const found = await compare('get_device', DEVICE);
    expect(found.sort()).toEqual(['carrier', 'service_up']);
    expect(await compare('fleet_counts', '/v1/metrics')).toEqual(['service_down']);
  });

  test('but not for more than that', async () => {
    await dualWrite(handle.db, [heartbeat({})]);
    await database.query(
      "UPDATE device_last_status SET last_seen_at = last_seen_at + '20 minutes'",
    );
    expect(await compare('get_device', DEVICE)).toEqual(['last_seen']);
    await database.query(
      "UPDATE device_last_status SET last_seen_at = last_seen_at - '1 hour'::interval",
    );
    expect(await compare('get_device', DEVICE)).toEqual(['last_seen']);
    await database.query('DELETE FROM device_last_status');
    expect(await compare('fleet_counts', '/v1/metrics')).toEqual(
      expect.arrayContaining(['online', 'never_seen']),
    );
  });
});
