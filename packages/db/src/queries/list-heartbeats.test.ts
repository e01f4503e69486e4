import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import { sql } from 'kysely';
import { addDays, dayOf, partitionName, startOfDay } from '../day.ts';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { dualWrite } from './dual-write.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { heartbeatsQuery, listHeartbeats, type ListHeartbeatsOptions } from './list-heartbeats.ts';

const TODAY = dayOf(Date.now());
const YESTERDAY = addDays(TODAY, -1);
const START = startOfDay(YESTERDAY).getTime();
const HOUR_MS = 3_600_000;

let testDatabase: TestDatabase;
let database: DatabaseHandle;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url);
  await ensurePartitions(database.db, addDays(TODAY, -5), 5);
  const records = [1, 2].flatMap((device) =>
    Array.from({ length: 48 }, (_, hour) =>
      sampleRecord(START + hour * HOUR_MS, { device_id: sampleDevice(device), uptime_s: hour }),
    ),
  );
  await dualWrite(database.db, records);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const range = (fromHour: number, toHour: number): ListHeartbeatsOptions => ({
  deviceId: sampleDevice(1),
  from: new Date(START + fromHour * HOUR_MS),
  to: new Date(START + toHour * HOUR_MS),
  limit: 100,
});
const hours = async (options: ListHeartbeatsOptions) =>
  (await listHeartbeats(database.db, options)).map(({ uptime_s }) => uptime_s);
const down = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe('a device’s history', () => {
  test('is newest first, from the first moment up to the last and not with it', async () => {
    expect(await hours(range(3, 7))).toEqual([6, 5, 4, 3]);
    expect(await hours(range(0, 48))).toEqual(down(47, 0));
    expect(await hours(range(7, 7))).toEqual([]);
    expect(await hours(range(7, 3))).toEqual([]);
  });

  test('is read page by page, across days', async () => {
    const options = { ...range(0, 48), limit: 10 };
    const seen: (number | null)[] = [];
    for (let page = await listHeartbeats(database.db, options); page.length > 0;) {
      seen.push(...page.map(({ uptime_s }) => uptime_s));
      page = await listHeartbeats(database.db, { ...options, before: page.at(-1)?.ts });
    }
    expect(seen).toEqual(down(47, 0));
  });

  test('ends where it was asked to, wherever the page before ended', async () => {
    const [to] = [new Date(START + 5 * HOUR_MS)];
    expect(await hours({ ...range(0, 5), before: new Date(START + 40 * HOUR_MS) })).toEqual(
      down(4, 0),
    );
    expect(await hours({ ...range(0, 10), before: to })).toEqual(down(4, 0));
  });

  test('has every column of a row', async () => {
    const record = sampleRecord(START + 30 * HOUR_MS + 10_000, {
      device_id: sampleDevice(3),
      device_time: null,
      battery_pct: 12,
      temp_c: -2.5,
      unity_running: false,
      queue_depth: 37,
    });
    await dualWrite(database.db, [record]);
    const [row] = await listHeartbeats(database.db, { ...range(0, 48), deviceId: sampleDevice(3) });
    expect(row).toEqual({
      ts: new Date(record.event_at),
      received_at: new Date(record.received_at),
      device_time: null,
      ip: null,
      status: 'ok',
      battery_pct: 12,
      plugged: null,
      temp_c: -2.5,
      network_type: null,
      ssid: null,
      signal_dbm: null,
      uptime_s: null,
      ram_used_mb: null,
      unity_pkg_version: null,
      unity_running: false,
      agent_version: null,
      power_ok: null,
      doze_whitelisted: null,
      net_validated: null,
      queue_depth: 37,
      carrier: null,
      service_up: null,
      monitored_foreground_recent_s: null,
    });
  });
});

describe('reading a history', () => {
  /** The partitions that a read of these options touches, with parameters, as the driver runs it. */
  async function touched(options: ListHeartbeatsOptions): Promise<string[]> {
    const plan = await heartbeatsQuery(database.db, options).explain<{ 'QUERY PLAN': string }>(
      'text',
      sql`analyze, costs off`,
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    return [...new Set(text.match(/device_heartbeats_\d{8}(?!_)/g))].sort();
  }

  test('of one day touches that day’s partition alone', async () => {
    expect(await touched(range(0, 24))).toEqual([partitionName(YESTERDAY)]);
    expect(await touched(range(25, 26))).toEqual([partitionName(TODAY)]);
  });

  test('of two days touches two, and a page of it only what is left', async () => {
    expect(await touched(range(0, 48))).toEqual([partitionName(YESTERDAY), partitionName(TODAY)]);
    const page = { ...range(0, 48), before: new Date(START + 10 * HOUR_MS) };
    expect(await touched(page)).toEqual([partitionName(YESTERDAY)]);
  });

  test('of a time without partitions touches none', async () => {
    expect(await touched(range(-24 * 300, -24 * 299))).toEqual([]);
  });
});
