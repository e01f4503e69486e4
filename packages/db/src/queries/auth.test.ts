import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import type { DatabaseHandle } from '../pool.ts';
import { NO_FACTS, openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { dualWrite } from './dual-write.ts';
import { findDevicesByToken } from './find-devices-by-token.ts';
import { AliasTakenError, insertDevice } from './insert-device.ts';
import { listAuthChanges, pruneAuthChanges } from './list-auth-changes.ts';
import { updateDeviceFacts } from './update-device-facts.ts';

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
  await testDatabase.query('TRUNCATE devices, device_auth_changes, device_last_status');
  await insertDevice(database.db, { id: sampleDevice(1), alias: 'D1', token_id: 'token-1' });
});

const change = (assignment: string) => testDatabase.query(`UPDATE devices SET ${assignment}`);
const changes = async () => (await listAuthChanges(database.db, 60)).sort();

describe('registering a device', () => {
  test('gives it the monitoring that is usual', async () => {
    expect(await findDevicesByToken(database.db, ['token-1'])).toEqual([
      {
        token_id: 'token-1',
        device_id: sampleDevice(1),
        gone: false,
        valid_seconds: null,
        monitored_package: 'io.unitynodes.unityapp',
        monitored_threshold_min: 10,
      },
    ]);
  });

  test('under an alias that is taken says so, and registers nothing', async () => {
    const second = { id: sampleDevice(2), alias: 'D1', token_id: 'token-2' };
    const error = await insertDevice(database.db, second).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(AliasTakenError);
    expect((error as AliasTakenError).message).toContain('D1');
    expect(await findDevicesByToken(database.db, ['token-2'])).toEqual([]);
    await insertDevice(database.db, { ...second, alias: 'd1' });
  });

  test('under one alias by many at once succeeds once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        insertDevice(database.db, { id: sampleDevice(index + 10), alias: 'wanted' }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(AliasTakenError);
    }
  });

  test('twice with one token or id fails otherwise', async () => {
    for (const device of [
      { id: sampleDevice(2), alias: 'D2', token_id: 'token-1' },
      { id: sampleDevice(1), alias: 'D2', token_id: 'token-2' },
    ]) {
      const error = await insertDevice(database.db, device).catch((failure: unknown) => failure);
      expect(error).not.toBeInstanceOf(AliasTakenError);
      expect(error).toMatchObject({ code: '23505' });
    }
  });

  test('is no change of what anybody knows', async () => {
    expect(await changes()).toEqual([]);
  });
});

describe('finding devices by their tokens', () => {
  test('finds those there are, in one go', async () => {
    await insertDevice(database.db, { id: sampleDevice(2), alias: 'D2', token_id: 'token-2' });
    const found = await findDevicesByToken(database.db, ['token-2', 'unknown', 'token-1']);
    expect(found.map((device) => device.token_id).sort()).toEqual(['token-1', 'token-2']);
    expect(await findDevicesByToken(database.db, [])).toEqual([]);
    expect(await findDevicesByToken(database.db, ['{"weird', "o'clock", 'a,b'])).toEqual([]);
  });

  test.each(['deleted_at = now()', 'token_revoked_at = now()'])(
    'knows that one is gone: %s',
    async (gone) => {
      await change(gone);
      expect(await findDevicesByToken(database.db, ['token-1'])).toMatchObject([{ gone: true }]);
    },
  );

  test('names no package while monitoring is off', async () => {
    await change('monitor_enabled = false, monitored_threshold_min = 5');
    expect(await findDevicesByToken(database.db, ['token-1'])).toMatchObject([
      { monitored_package: null, monitored_threshold_min: 5 },
    ]);
  });
});

describe('the log of changes', () => {
  test.each([
    'token_revoked_at = now()',
    'deleted_at = now()',
    "monitored_package = 'org.other'",
    'monitored_threshold_min = 30',
    'monitor_enabled = false',
    'token_id = NULL',
  ])('has the token after: %s', async (assignment) => {
    await change(assignment);
    expect(await changes()).toEqual(['token-1']);
  });

  test('has both tokens after a rotation', async () => {
    await change("token_id = 'token-2'");
    expect(await changes()).toEqual(['token-1', 'token-2']);
  });

  test('has the token of a row that was deleted', async () => {
    await testDatabase.query('DELETE FROM devices');
    expect(await changes()).toEqual(['token-1']);
  });

  test('has nothing after what a cache needn’t know', async () => {
    await change("alias = 'D9', hardware_id = 'x', monitored_app_name = 'name'");
    const at = Date.now();
    await dualWrite(database.db, [sampleRecord(at)]);
    const update = { device_id: sampleDevice(1), event_at: at, facts: NO_FACTS, facts_hash: 'h' };
    expect(await updateDeviceFacts(database.db, [update])).toBe(1);
    expect(await changes()).toEqual([]);
  });

  test('has nothing of a device without a token, and its first token', async () => {
    await change('token_id = NULL');
    await testDatabase.query('TRUNCATE device_auth_changes');
    await change('deleted_at = now()');
    expect(await changes()).toEqual([]);
    await change("token_id = 'token-3'");
    expect(await changes()).toEqual(['token-3']);
    await change('token_id = NULL');
    await testDatabase.query('TRUNCATE device_auth_changes');
    await testDatabase.query('DELETE FROM devices');
    expect(await changes()).toEqual([]);
  });

  test('has nothing of a change that was rolled back', async () => {
    await database.db
      .transaction()
      .execute(async (trx) => {
        await trx.updateTable('devices').set({ deleted_at: new Date() }).execute();
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(await changes()).toEqual([]);
  });

  test('tells of a token once, and only of what is recent', async () => {
    await change('monitor_enabled = false');
    await change('monitor_enabled = true');
    await testDatabase.query(
      "INSERT INTO device_auth_changes VALUES ('minutes ago', now() - interval '5 minutes')",
    );
    expect(await changes()).toEqual(['token-1']);
    expect((await listAuthChanges(database.db, 400)).sort()).toEqual(['minutes ago', 'token-1']);
    expect(await listAuthChanges(database.db, 0)).toEqual([]);
  });

  test('forgets what is older than a day', async () => {
    await change('monitor_enabled = false');
    await testDatabase.query(
      `INSERT INTO device_auth_changes VALUES
       ('old', now() - interval '25 hours'), ('young', now() - interval '23 hours')`,
    );
    await pruneAuthChanges(database.db);
    expect((await listAuthChanges(database.db, 1_000_000)).sort()).toEqual(['token-1', 'young']);
  });
});
