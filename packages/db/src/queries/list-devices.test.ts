import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import * as fc from 'fast-check';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { dualWrite } from './dual-write.ts';
import { findDevice } from './find-device.ts';
import { insertDevice } from './insert-device.ts';
import { countDevices, listDevices, type ListDevicesOptions } from './list-devices.ts';

const ONLINE_S = 1_800;
let testDatabase: TestDatabase;
let database: DatabaseHandle;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  await testDatabase.query('TRUNCATE devices, device_heartbeats, device_last_status');
});

const list = (options: Partial<ListDevicesOptions> = {}) =>
  listDevices(database.db, { limit: 100, onlineWithinSeconds: ONLINE_S, ...options });
const count = (status?: ListDevicesOptions['status']) =>
  countDevices(database.db, { status, onlineWithinSeconds: ONLINE_S });
const aliases = async (options: Partial<ListDevicesOptions> = {}) =>
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
      const devices = await list({ status });
      expect(devices.map((device) => device.status)).toEqual(devices.map(() => status));
      expect(await count(status)).toBe(devices.length);
    }
    expect(await aliases({ status: 'online' })).toEqual(['a', 'd']);
    expect(await count()).toBe(4);
  });

  test('leaves deleted ones out everywhere', async () => {
    await addDevice(1, 'a', 0);
    await addDevice(2, 'b', 0);
    await testDatabase.query("UPDATE devices SET deleted_at = now() WHERE alias = 'a'");
    expect(await aliases()).toEqual(['b']);
    expect([await count(), await count('online')]).toEqual([1, 1]);
    expect(await findDevice(database.db, sampleDevice(1), ONLINE_S)).toBeUndefined();
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
    expect(await findDevice(database.db, sampleDevice(1), ONLINE_S)).toEqual(device);
    expect(await findDevice(database.db, sampleDevice(2), ONLINE_S)).toBeUndefined();
  });
});

describe('paging through devices', () => {
  const allPages = async (limit: number) => {
    const seen: string[] = [];
    for (let page = await aliases({ limit }); page.length > 0;) {
      seen.push(...page);
      page = await aliases({ limit, afterAlias: page.at(-1) });
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
    expect(await aliases({ limit: 2 })).toEqual(['b', 'd']);
    await addDevice(10, 'a');
    await addDevice(11, 'e');
    await testDatabase.query("UPDATE devices SET deleted_at = now() WHERE alias = 'd'");
    expect(await aliases({ limit: 2, afterAlias: 'd' })).toEqual(['e', 'f']);
    expect(await aliases({ limit: 2, afterAlias: 'f' })).toEqual(['h']);
    expect(await aliases({ limit: 2, afterAlias: 'h' })).toEqual([]);
  });
});
