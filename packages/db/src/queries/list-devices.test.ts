import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import * as fc from 'fast-check';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { dualWrite } from './dual-write.ts';
import { createFastReads, type DeviceListing, type StatusReads } from '../status-reads.ts';
import type { DeviceFilter } from './device-filter.ts';
import { insertDevice } from './insert-device.ts';

const ONLINE_S = 1_800;
let testDatabase: TestDatabase;
let database: DatabaseHandle;
let reads: StatusReads;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url);
  reads = createFastReads(database.db, { onlineWithinSeconds: ONLINE_S });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  await testDatabase.query('TRUNCATE devices, device_heartbeats, device_last_status');
});

const list = (options: Partial<DeviceListing> = {}) =>
  reads.listDevices({ filter: {}, sort: 'alias', limit: 100, ...options });
const count = async (status?: DeviceFilter['status']) => {
  const { total } = await reads.countDevices({ status }, 1_000);
  return total;
};
const aliases = async (options: Partial<DeviceListing> = {}) =>
  (await list(options)).map(({ alias }) => alias);

/** A device that was seen so many seconds ago, or never. */
async function addDevice(number: number, alias: string, seenSecondsAgo?: number): Promise<void> {
  const id = sampleDevice(number);
  await insertDevice(database.db, { id, alias });
  if (seenSecondsAgo === undefined) return;
  await dualWrite(database.db, [sampleRecord(Date.now(), { device_id: id })]);
  await testDatabase.query(
    "UPDATE device_last_status SET last_seen_at = now() - $2 * interval '1 second' WHERE device_id = $1",
    [id, seenSecondsAgo],
  );
}

describe('listing devices', () => {
  test('tells for each whether it is online, offline and since when, or was never seen', async () => {
    await addDevice(1, 'a online', 0);
    await addDevice(2, 'b still online', ONLINE_S - 60);
    await addDevice(3, 'c offline', ONLINE_S + 60);
    await addDevice(4, 'd long offline', 86_400 * 400);
    await addDevice(5, 'e never');
    await addDevice(6, 'f from the future', -3_600);
    const seen = (await list()).map(({ status, offline_seconds }) => [status, offline_seconds]);
    expect(seen).toEqual([
      ['online', null],
      ['online', null],
      ['offline', expect.any(Number)],
      ['offline', expect.any(Number)],
      ['never', null],
      ['online', null],
    ]);
    const offline = seen.map(([, seconds]) => Number(seconds)).filter((seconds) => seconds > 0);
    expect(offline[0]).toBeGreaterThanOrEqual(ONLINE_S + 60);
    expect(offline[1]).toBeGreaterThanOrEqual(86_400 * 400);
  });

  test('by status brings what that status shows, and counts it', async () => {
    await addDevice(1, 'a', 0);
    await addDevice(2, 'b', ONLINE_S + 60);
    await addDevice(3, 'c');
    await addDevice(4, 'd', 10);
    for (const status of ['online', 'offline', 'never'] as const) {
      const devices = await list({ filter: { status } });
      expect(devices.map((device) => device.status)).toEqual(devices.map(() => status));
      expect(await count(status)).toBe(devices.length);
    }
    expect(await aliases({ filter: { status: 'online' } })).toEqual(['a', 'd']);
    expect(await count()).toBe(4);
  });

  test('leaves deleted ones out everywhere', async () => {
    await addDevice(1, 'a', 0);
    await addDevice(2, 'b', 0);
    await testDatabase.query("UPDATE devices SET deleted_at = now() WHERE alias = 'a'");
    expect(await aliases()).toEqual(['b']);
    expect([await count(), await count('online')]).toEqual([1, 1]);
    expect(await reads.findDevice(sampleDevice(1))).toBeUndefined();
  });

  test('brings the newest state of each', async () => {
    await insertDevice(database.db, {
      id: sampleDevice(1),
      alias: 'D1',
      installed_apk_version_code: 2n ** 63n - 1n,
    });
    const at = Date.now();
    const { facts, ...state } = sampleRecord(at, {
      battery_pct: 9,
      plugged: false,
      temp_c: -2.5,
      ssid: 'Café',
    });
    await dualWrite(database.db, [{ ...state, facts }]);
    const [device] = await list();
    expect(device).toMatchObject({
      id: sampleDevice(1),
      alias: 'D1',
      battery_pct: 9,
      plugged: false,
      temp_c: -2.5,
      ssid: 'Café',
      last_seen: new Date(at),
      last_ts: new Date(at),
      installed_apk_version_code: 2n ** 63n - 1n,
      monitored_threshold_min: 10,
      monitor_enabled: true,
    });
    expect({ ...(await reads.findDevice(sampleDevice(1))), place: device?.place }).toEqual(device);
    expect(await reads.findDevice(sampleDevice(2))).toBeUndefined();
  });
});

describe('paging through devices', () => {
  const allPages = async (limit: number) => {
    const seen: string[] = [];
    for (let page = await list({ limit }); page.length > 0;) {
      seen.push(...page.map(({ alias }) => alias));
      page = await list({ limit, after: page.at(-1)?.place });
    }
    return seen;
  };

  test('brings every device once, in the order of one long page, whatever the aliases', async () => {
    const alias = fc.oneof(
      fc.string({ minLength: 1, maxLength: 6 }),
      fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }),
      fc.constantFrom(
        'a',
        'A',
        'ä',
        'Ä',
        'z',
        'ß',
        'ss',
        'é',
        'e\u0301',
        ' a',
        'a ',
        '-a',
        '10',
        '9',
        'Ω',
        '東京',
        '😀',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(alias, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 7 }),
        async (names, limit) => {
          const storable = names.filter((name) => !name.includes('\0'));
          await testDatabase.query('TRUNCATE devices');
          await testDatabase.query(
            'INSERT INTO devices (id, alias) SELECT gen_random_uuid(), unnest($1::text[])',
            [storable],
          );
          const all = await aliases();
          expect([...all].sort()).toEqual([...storable].sort());
          expect(await allPages(limit)).toEqual(all);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('goes on in the right place when devices come and go between two pages', async () => {
    for (const [index, alias] of ['b', 'd', 'f', 'h'].entries()) await addDevice(index, alias);
    const first = await list({ limit: 2 });
    expect(first.map(({ alias }) => alias)).toEqual(['b', 'd']);
    await addDevice(10, 'a');
    await addDevice(11, 'e');
    await testDatabase.query("UPDATE devices SET deleted_at = now() WHERE alias = 'd'");
    const second = await list({ limit: 2, after: first.at(-1)?.place });
    expect(second.map(({ alias }) => alias)).toEqual(['e', 'f']);
    const third = await list({ limit: 2, after: second.at(-1)?.place });
    expect(third.map(({ alias }) => alias)).toEqual(['h']);
    expect(await list({ limit: 2, after: third.at(-1)?.place })).toEqual([]);
  });
});
