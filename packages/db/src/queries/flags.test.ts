import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import { openTestDatabase } from '../../test/database.ts';
import type { DatabaseHandle } from '../pool.ts';
import { changeFlag } from './change-flag.ts';
import { listFlagChanges } from './list-flag-changes.ts';
import { listFlagValues } from './list-flag-values.ts';

let database: TestDatabase;
let handle: DatabaseHandle;
let db: DatabaseHandle['db'];

beforeAll(async () => {
  database = await createTestDatabase();
  handle = openTestDatabase(database.url);
  ({ db } = handle);
});

afterAll(async () => {
  await handle.close();
  await database.drop();
});

beforeEach(async () => {
  await database.query('TRUNCATE flag_changes');
});

const set = (name: string, enabled: boolean | null, changedBy = 'ops') =>
  changeFlag(db, { name, enabled, changedBy });

describe('flags', () => {
  test('the newest entry of each is its value', async () => {
    expect(await listFlagValues(db, ['a', 'b'])).toEqual([]);
    await set('a', true);
    await set('b', true);
    await set('a', false, 'someone@host');
    await set('other', true);
    const values = await listFlagValues(db, ['a', 'b', 'never set']);
    expect(values).toMatchObject([
      { name: 'a', enabled: false, changed_by: 'someone@host', changed_at: expect.any(Date) },
      { name: 'b', enabled: true, changed_by: 'ops' },
    ]);
  });

  test('null is an entry too, and the way back', async () => {
    expect(await set('a', null)).toEqual({ value: undefined, changed: false });
    await set('a', false);
    expect(await set('a', null)).toMatchObject({ changed: true, value: { enabled: null } });
    expect(await listFlagValues(db, ['a'])).toMatchObject([{ name: 'a', enabled: null }]);
  });

  test('setting it to what it is adds no entry', async () => {
    const first = await set('a', true, 'first');
    expect(await set('a', true, 'second')).toEqual({ value: first.value, changed: false });
    expect(await listFlagChanges(db, 'a', 10)).toEqual([first.value]);
  });

  test('of the same change by many at once, one is made', async () => {
    const results = await Promise.all(Array.from({ length: 12 }, () => set('a', true)));
    expect(results.filter(({ changed }) => changed)).toHaveLength(1);
    expect(new Set(results.map(({ value }) => value?.id)).size).toBe(1);
  });

  test('its latest changes, newest first', async () => {
    for (const enabled of [true, false, null, true]) await set('a', enabled);
    await set('b', true);
    const changes = await listFlagChanges(db, 'a', 3);
    expect(changes.map(({ enabled }) => enabled)).toEqual([true, null, false]);
  });
});
