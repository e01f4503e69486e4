import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DeviceFacts } from '@nexmdm/contracts';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import type { DatabaseHandle } from '../pool.ts';
import { NO_FACTS, openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { dualWrite } from './dual-write.ts';
import { insertDevice } from './insert-device.ts';
import { updateDeviceFacts } from './update-device-facts.ts';

const NOW = Math.floor(Date.now() / 10_000) * 10_000;
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
  for (const number of [1, 2, 3]) {
    await insertDevice(database.db, { id: sampleDevice(number), alias: `D${number}` });
  }
});

const FACTS: DeviceFacts = {
  app_version: '1.0.109',
  model: 'R4S1',
  manufacturer: 'Rongta “东京”',
  android_version: '13',
  sdk_int: 33,
  patch_level: '2024-03-05',
  build_id: 'TP1A',
  is_device_owner: true,
  installed_apk_version_code: '9223372036854775807',
  installed_apk_version_name: '2.4.1-Größe \\ "x"',
  fcm_token: 'dG9rZW4',
  app_versions: '{"io.unitynodes.unityapp":{"installed":true,"version_code":9223372036854775807}}',
};

/** A heartbeat with these facts, written as the writer does. */
async function report(
  facts: Partial<DeviceFacts>,
  { device = 1, at = NOW, hash = JSON.stringify(facts), seenFirst = true } = {},
): Promise<number> {
  const device_id = sampleDevice(device);
  if (seenFirst) await dualWrite(database.db, [sampleRecord(at, { device_id })]);
  const update = { device_id, event_at: at, facts: { ...NO_FACTS, ...facts }, facts_hash: hash };
  return updateDeviceFacts(database.db, [update]);
}

async function stored(device = 1): Promise<Record<string, unknown>> {
  const [row] = await testDatabase.query<Record<string, unknown>>(
    'SELECT *, app_versions::text AS versions FROM devices WHERE id = $1',
    [sampleDevice(device)],
  );
  return row ?? {};
}

describe('the facts of a device', () => {
  test('are stored, every one of them, exactly', async () => {
    expect(await report(FACTS, { hash: 'h1' })).toBe(1);
    const { app_versions, ...columns } = FACTS;
    const row = await stored();
    expect(row).toMatchObject({ ...columns, facts_hash: 'h1' });
    expect(String(row['versions']).replaceAll(' ', '')).toBe(app_versions);
  });

  test('that are known already cost no write', async () => {
    await report(FACTS, { hash: 'h1' });
    const before = await stored();
    expect(await report({ model: 'other' }, { hash: 'h1' })).toBe(0);
    expect(await stored()).toEqual(before);
    expect(await report({ ...FACTS, model: 'R5' }, { hash: 'h2' })).toBe(1);
    expect(await stored()).toMatchObject({ model: 'R5', facts_hash: 'h2' });
  });

  test('of an older heartbeat than the newest known change nothing', async () => {
    await report({ model: 'new' }, { at: NOW });
    expect(await report({ model: 'old' }, { at: NOW - 1 })).toBe(0);
    expect(await stored()).toMatchObject({ model: 'new' });
    expect(await report({ model: 'same moment' }, { at: NOW })).toBe(1);
    expect(await report({ model: 'newer' }, { at: NOW + 1 })).toBe(1);
  });

  test('of a heartbeat whose time has odd milliseconds are still its own', async () => {
    for (let offset = 0; offset < 200; offset += 1) {
      const at = NOW + offset * 7 + 1;
      expect(await report({ model: String(at) }, { at })).toBe(1);
    }
  });

  test('that an agent may leave out keep their last value, others are forgotten', async () => {
    await report(FACTS);
    expect(await report({ app_versions: '{}' })).toBe(1);
    expect(await stored()).toMatchObject({
      app_version: FACTS.app_version,
      fcm_token: FACTS.fcm_token,
      is_device_owner: true,
      model: null,
      installed_apk_version_code: null,
      app_versions: {},
    });
    await report({ is_device_owner: false, app_version: '2', fcm_token: 'new' });
    expect(await stored()).toMatchObject({
      is_device_owner: false,
      app_version: '2',
      fcm_token: 'new',
    });
  });

  test.each(['-9223372036854775808', '9007199254740993', '0', null])(
    'have exact version codes: %s',
    async (installed_apk_version_code) => {
      await report({ installed_apk_version_code });
      expect(await stored()).toMatchObject({ installed_apk_version_code });
    },
  );

  test('of several devices are written together, each by its own rules', async () => {
    await report({ model: 'known' }, { device: 2, hash: 'same' });
    await dualWrite(database.db, [
      sampleRecord(NOW),
      sampleRecord(NOW + 5, { device_id: sampleDevice(3) }),
    ]);
    const update = (device: number, hash: string) => ({
      device_id: sampleDevice(device),
      event_at: NOW,
      facts: { ...NO_FACTS, model: `m${device}` },
      facts_hash: hash,
    });
    const updates = [
      update(3, 'too old'),
      update(2, 'same'),
      update(1, 'new'),
      update(99, 'nobody'),
    ];
    expect(await updateDeviceFacts(database.db, updates)).toBe(1);
    const models = await Promise.all(
      [1, 2, 3].map(async (device) => (await stored(device))['model']),
    );
    expect(models).toEqual(['m1', 'known', null]);
  });

  test('of a device without a status, and of none, are left alone', async () => {
    expect(await report(FACTS, { seenFirst: false })).toBe(0);
    expect(await updateDeviceFacts(database.db, [])).toBe(0);
  });

  test('written by two at once don’t deadlock', async () => {
    const devices = [1, 2, 3];
    await dualWrite(
      database.db,
      devices.map((n) => sampleRecord(NOW, { device_id: sampleDevice(n) })),
    );
    const batch = (round: number, order: number[]) =>
      order.map((device) => ({
        device_id: sampleDevice(device),
        event_at: NOW,
        facts: NO_FACTS,
        facts_hash: `${round} ${order.join('')}`,
      }));
    const rounds = Array.from({ length: 30 }, (_, round) => round);
    await Promise.all([
      ...rounds.map((round) => updateDeviceFacts(database.db, batch(round, [1, 2, 3]))),
      ...rounds.map((round) => updateDeviceFacts(database.db, batch(round, [3, 2, 1]))),
    ]);
    expect((await stored())['facts_hash']).not.toBeNull();
  });
});
