import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice } from '../../test/database.ts';
import { deleteDevice } from './delete-device.ts';
import { findDevicesByToken } from './find-devices-by-token.ts';
import { insertDevice } from './insert-device.ts';
import { listAuthChanges } from './list-auth-changes.ts';
import { restoreDevice } from './restore-device.ts';
import { revokeDeviceToken } from './revoke-device-token.ts';
import { rotateDeviceToken } from './rotate-device-token.ts';

const ID = sampleDevice(1);
const UNKNOWN = sampleDevice(99);
const HOUR = 3_600;

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
  await testDatabase.query('TRUNCATE devices, device_previous_tokens, device_auth_changes');
  await insertDevice(database.db, { id: ID, alias: 'D1', token_id: 'token-1' });
});

const rotate = (tokenId: string, graceSeconds: number) =>
  rotateDeviceToken(database.db, ID, { tokenId, graceSeconds });
const find = async (tokenId: string) => (await findDevicesByToken(database.db, [tokenId]))[0];
const isGone = async (tokenId: string) => (await find(tokenId))?.gone;
const changes = async () => (await listAuthChanges(database.db, 60)).sort();

describe('rotating a token', () => {
  test('the new one is good at once, the old one for the grace', async () => {
    const before = Date.now();
    const rotated = await rotate('token-2', HOUR);
    const until = rotated?.previous_token_valid_until?.getTime() ?? 0;
    expect(until).toBeGreaterThanOrEqual(before + HOUR * 1_000 - 1);
    expect(until).toBeLessThanOrEqual(Date.now() + HOUR * 1_000);
    expect(await find('token-2')).toMatchObject({ gone: false, valid_seconds: null });
    const old = await find('token-1');
    expect(old).toMatchObject({ device_id: ID, gone: false });
    expect(old?.valid_seconds).toBeGreaterThan(HOUR - 60);
    expect(old?.valid_seconds).toBeLessThanOrEqual(HOUR);
  });

  test('both have the settings that the device has now', async () => {
    await rotate('token-2', HOUR);
    await testDatabase.query('UPDATE devices SET monitor_enabled = false');
    for (const token of ['token-1', 'token-2']) {
      expect(await find(token)).toMatchObject({ monitored_package: null });
    }
  });

  test('a grace of 0 ends the old one at once, and it stays known', async () => {
    await rotate('token-2', 0);
    expect(await isGone('token-1')).toBe(true);
    expect(await isGone('token-2')).toBe(false);
  });

  test('what was rotated out before ends with this grace, and never later than it did', async () => {
    await rotate('token-2', HOUR);
    await rotate('token-3', 2 * HOUR);
    expect((await find('token-1'))?.valid_seconds).toBeLessThanOrEqual(HOUR);
    expect((await find('token-2'))?.valid_seconds).toBeGreaterThan(HOUR);
    await rotate('token-4', 60);
    for (const token of ['token-1', 'token-2', 'token-3']) {
      expect((await find(token))?.valid_seconds).toBeLessThanOrEqual(60);
      expect(await isGone(token)).toBe(false);
    }
    await rotate('token-5', 0);
    for (const token of ['token-1', 'token-2', 'token-3', 'token-4']) {
      expect(await isGone(token)).toBe(true);
    }
  });

  test('by many at once leaves every token known and the last one good', async () => {
    const tokens = Array.from({ length: 8 }, (_, index) => `token-${index + 2}`);
    await Promise.all(tokens.map((token) => rotate(token, HOUR)));
    const found = await findDevicesByToken(database.db, ['token-1', ...tokens]);
    expect(found).toHaveLength(9);
    expect(found.filter(({ valid_seconds }) => valid_seconds === null)).toHaveLength(1);
    await rotate('last', 0);
    for (const token of ['token-1', ...tokens]) expect(await isGone(token)).toBe(true);
  });

  test('is logged with every token of the device', async () => {
    await rotate('token-2', HOUR);
    await testDatabase.query('TRUNCATE device_auth_changes');
    await rotate('token-3', HOUR);
    expect(await changes()).toEqual(['token-1', 'token-2', 'token-3']);
  });

  test('of a device without one gives it its first', async () => {
    await testDatabase.query('UPDATE devices SET token_id = NULL');
    expect(await rotate('token-2', HOUR)).toEqual({ previous_token_valid_until: null });
    expect(await isGone('token-2')).toBe(false);
  });

  test('is not for a device that is unknown or deleted', async () => {
    const rotation = { tokenId: 'token-2', graceSeconds: HOUR };
    expect(await rotateDeviceToken(database.db, UNKNOWN, rotation)).toBeUndefined();
    await deleteDevice(database.db, ID);
    expect(await rotate('token-2', HOUR)).toBeUndefined();
    expect(await find('token-2')).toBeUndefined();
  });
});

describe('revoking a token', () => {
  test('ends it and those before it, which stay known', async () => {
    await rotate('token-2', HOUR);
    await testDatabase.query('TRUNCATE device_auth_changes');
    expect(await revokeDeviceToken(database.db, ID)).toBe(true);
    expect(await isGone('token-1')).toBe(true);
    expect(await isGone('token-2')).toBe(true);
    expect(await changes()).toEqual(['token-1', 'token-2']);
  });

  test('a rotation gives a good one; what was revoked stays so in spite of its grace', async () => {
    await rotate('token-2', HOUR);
    await revokeDeviceToken(database.db, ID);
    const rotated = await rotate('token-3', HOUR);
    expect(rotated?.previous_token_valid_until?.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await isGone('token-3')).toBe(false);
    for (const token of ['token-1', 'token-2']) expect(await isGone(token)).toBe(true);
  });

  test('by hand in the table counts in the same way', async () => {
    await rotate('token-2', HOUR);
    await testDatabase.query('UPDATE devices SET token_revoked_at = now()');
    expect(await isGone('token-1')).toBe(true);
    await rotate('token-3', HOUR);
    for (const token of ['token-1', 'token-2']) expect(await isGone(token)).toBe(true);
  });

  test('twice keeps the time of the first', async () => {
    const revokedAt = async () =>
      (await testDatabase.query<{ at: Date }>('SELECT token_revoked_at AS at FROM devices'))[0]?.at;
    await revokeDeviceToken(database.db, ID);
    const first = await revokedAt();
    expect(await revokeDeviceToken(database.db, ID)).toBe(true);
    expect(await revokedAt()).toEqual(first);
  });

  test('is not for a device that is unknown or deleted', async () => {
    expect(await revokeDeviceToken(database.db, UNKNOWN)).toBe(false);
    await deleteDevice(database.db, ID);
    expect(await revokeDeviceToken(database.db, ID)).toBe(false);
  });
});

describe('deleting a device', () => {
  test('ends its tokens; restoring it brings them back as they were', async () => {
    await rotate('token-2', HOUR);
    await rotate('token-3', 60);
    await testDatabase.query('TRUNCATE device_auth_changes');
    await deleteDevice(database.db, ID);
    const tokens = ['token-1', 'token-2', 'token-3'];
    expect(await changes()).toEqual(tokens);
    for (const token of tokens) expect(await isGone(token)).toBe(true);
    await testDatabase.query('TRUNCATE device_auth_changes');
    await restoreDevice(database.db, ID, undefined);
    expect(await changes()).toEqual(tokens);
    for (const token of tokens) expect(await isGone(token)).toBe(false);
    expect((await find('token-1'))?.valid_seconds).toBeLessThanOrEqual(60);
  });

  test('for good takes its tokens along, and says so', async () => {
    await rotate('token-2', HOUR);
    await testDatabase.query('TRUNCATE device_auth_changes');
    await testDatabase.query('DELETE FROM devices');
    expect(await changes()).toEqual(['token-1', 'token-2']);
    expect(await findDevicesByToken(database.db, ['token-1', 'token-2'])).toEqual([]);
  });
});

test('a time without end breaks no look-up', async () => {
  await rotate('token-2', HOUR);
  await testDatabase.query("UPDATE device_previous_tokens SET valid_until = 'infinity'");
  expect(await find('token-1')).toMatchObject({ gone: false, valid_seconds: Infinity });
});
