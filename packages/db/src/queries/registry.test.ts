import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice } from '../../test/database.ts';
import { deleteDevice } from './delete-device.ts';
import { AliasTakenError, insertDevice } from './insert-device.ts';
import { listDeletedDevices, type DeletedDevicePlace } from './list-deleted-devices.ts';
import { restoreDevice } from './restore-device.ts';
import { updateDevice } from './update-device.ts';

const ID = sampleDevice(1);
const OTHER = sampleDevice(2);
const UNKNOWN = sampleDevice(99);

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
  await testDatabase.query('TRUNCATE devices, device_previous_tokens, device_last_status');
  await insertDevice(database.db, { id: ID, alias: 'D1' });
});

const row = async (id: string) =>
  (
    await testDatabase.query<Record<string, unknown>>('SELECT * FROM devices WHERE id = $1', [id])
  )[0];
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('changing a device', () => {
  test('changes what is given and nothing else', async () => {
    const before = await row(ID);
    const change = { monitored_package: null, monitored_threshold_min: 30, monitor_enabled: false };
    expect(await updateDevice(database.db, ID, change)).toBe(true);
    expect(await row(ID)).toEqual({ ...before, ...change });
    expect(await updateDevice(database.db, ID, { alias: 'D9', monitored_app_name: 'App' })).toBe(
      true,
    );
    expect(await row(ID)).toEqual({ ...before, ...change, alias: 'D9', monitored_app_name: 'App' });
  });

  test('to the alias that it has is fine; to another’s is not', async () => {
    await insertDevice(database.db, { id: OTHER, alias: 'D2' });
    expect(await updateDevice(database.db, ID, { alias: 'D1' })).toBe(true);
    const change = { alias: 'D2', monitored_threshold_min: 5 };
    const error = await failureOf(updateDevice(database.db, ID, change));
    expect(error).toBeInstanceOf(AliasTakenError);
    expect(await row(ID)).toMatchObject({ alias: 'D1', monitored_threshold_min: 10 });
  });

  test('to one alias by many at once succeeds once', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => sampleDevice(index + 10));
    for (const id of ids) await insertDevice(database.db, { id, alias: id });
    const failures = await Promise.all(
      ids.map((id) => failureOf(updateDevice(database.db, id, { alias: 'wanted' }))),
    );
    expect(failures.filter((failure) => failure === undefined)).toHaveLength(1);
    for (const failure of failures) {
      if (failure !== undefined) expect(failure).toBeInstanceOf(AliasTakenError);
    }
  });

  test('is not for a device that is unknown or deleted, whatever its alias', async () => {
    await deleteDevice(database.db, ID);
    await insertDevice(database.db, { id: OTHER, alias: 'D2' });
    for (const id of [UNKNOWN, ID]) {
      expect(await updateDevice(database.db, id, { alias: 'D2' })).toBe(false);
    }
  });
});

describe('deleting a device', () => {
  test('frees its alias for the next one', async () => {
    expect(await deleteDevice(database.db, ID)).toBe(true);
    await insertDevice(database.db, { id: OTHER, alias: 'D1' });
    expect(await row(ID)).toMatchObject({
      alias: `D1 (deleted ${ID})`,
      alias_before_deletion: 'D1',
      deleted_at: expect.any(Date),
    });
  });

  test.each(['x'.repeat(200), '店'.repeat(200), '🟢'.repeat(100)])(
    'with a long alias keeps within the length: %s',
    async (alias) => {
      await updateDevice(database.db, ID, { alias });
      await deleteDevice(database.db, ID);
      const deleted = await row(ID);
      expect(Array.from(String(deleted?.['alias'])).length).toBeLessThanOrEqual(200);
      expect(deleted).toMatchObject({ alias_before_deletion: alias });
    },
  );

  test('is done once, and not for an unknown one', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => deleteDevice(database.db, ID)),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await row(ID)).toMatchObject({ alias_before_deletion: 'D1' });
    expect(await deleteDevice(database.db, UNKNOWN)).toBe(false);
  });

  test('says so when another device has just the alias of a deleted one', async () => {
    await insertDevice(database.db, { id: OTHER, alias: `D1 (deleted ${ID})` });
    expect(await failureOf(deleteDevice(database.db, ID))).toBeInstanceOf(AliasTakenError);
    expect(await row(ID)).toMatchObject({ alias: 'D1', deleted_at: null });
  });
});

describe('restoring a device', () => {
  test('brings it back as it was', async () => {
    await testDatabase.query(
      `INSERT INTO device_last_status (device_id, last_ts, last_seen_at, battery_pct)
       VALUES ($1, now(), now(), 50)`,
      [ID],
    );
    const before = await row(ID);
    await deleteDevice(database.db, ID);
    expect(await restoreDevice(database.db, ID, undefined)).toBe('restored');
    expect(await row(ID)).toEqual(before);
    const status = await testDatabase.query('SELECT battery_pct FROM device_last_status');
    expect(status).toEqual([{ battery_pct: 50 }]);
  });

  test('under an alias that was taken meanwhile needs another one', async () => {
    await deleteDevice(database.db, ID);
    await insertDevice(database.db, { id: OTHER, alias: 'D1' });
    const failure = await failureOf(restoreDevice(database.db, ID, undefined));
    expect(failure).toBeInstanceOf(AliasTakenError);
    expect((failure as AliasTakenError).message).toContain('D1');
    expect(await failureOf(restoreDevice(database.db, ID, 'D1'))).toBeInstanceOf(AliasTakenError);
    expect(await restoreDevice(database.db, ID, 'D1 again')).toBe('restored');
    expect(await row(ID)).toMatchObject({
      alias: 'D1 again',
      deleted_at: null,
      alias_before_deletion: null,
    });
  });

  test('one that was deleted by hand gives it the alias that it has', async () => {
    await testDatabase.query('UPDATE devices SET deleted_at = now()');
    expect(await restoreDevice(database.db, ID, undefined)).toBe('restored');
    expect(await row(ID)).toMatchObject({ alias: 'D1', deleted_at: null });
  });

  test('tells what is not deleted from what there never was', async () => {
    expect(await restoreDevice(database.db, ID, undefined)).toBe('not-deleted');
    expect(await restoreDevice(database.db, UNKNOWN, undefined)).toBe('unknown');
  });
});

describe('the list of deleted devices', () => {
  const pages = async (limit: number) => {
    const aliases: string[] = [];
    let after: DeletedDevicePlace | undefined;
    do {
      const page = await listDeletedDevices(database.db, { limit, after });
      aliases.push(...page.map(({ alias }) => alias));
      after = page.at(-1)?.place;
    } while (after !== undefined);
    return aliases;
  };

  test('has them under the alias from before, the newest deletion first', async () => {
    await insertDevice(database.db, { id: OTHER, alias: 'D2' });
    await insertDevice(database.db, { id: sampleDevice(3), alias: 'D3' });
    await deleteDevice(database.db, OTHER);
    await deleteDevice(database.db, ID);
    expect(await pages(10)).toEqual(['D1', 'D2']);
    const [first] = await listDeletedDevices(database.db, { limit: 1 });
    expect(first).toMatchObject({ id: ID, last_seen: null, deleted_at: expect.any(Date) });
  });

  test.each([1, 2, 7, 50])(
    'is whole in pages of %i, also of those within a microsecond',
    async (limit) => {
      await testDatabase.query(
        `INSERT INTO devices (id, alias, deleted_at)
       SELECT gen_random_uuid(), 'gone ' || n,
         timestamptz '2026-11-23 09:00:00.123456Z' + (n / 3) * interval '1 microsecond'
       FROM generate_series(1, 20) n`,
      );
      const aliases = await pages(limit);
      expect(aliases).toHaveLength(20);
      expect(new Set(aliases).size).toBe(20);
      expect(aliases.slice(-2).sort()).toEqual(['gone 1', 'gone 2']);
    },
  );
});
