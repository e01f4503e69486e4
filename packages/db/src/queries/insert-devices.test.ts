import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import type { DatabaseHandle } from '../pool.ts';
import { openTestDatabase, sampleDevice } from '../../test/database.ts';
import { AliasesTakenError, insertDevices, type BulkDevice } from './insert-devices.ts';
import { listTakenAliases } from './list-taken-aliases.ts';

let testDatabase: TestDatabase;
let database: DatabaseHandle;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url, { poolMax: 8 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
beforeEach(async () => {
  await testDatabase.query('TRUNCATE devices');
});

const device = (number: number, alias = `alias ${number}`): BulkDevice => ({
  id: sampleDevice(number),
  alias,
  hardware_id: number % 2 === 0 ? null : `hw, "${number}"`,
  token_id: `token-${number}`,
});
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const registered = () =>
  testDatabase.query('SELECT id, alias, hardware_id, token_id FROM devices ORDER BY id');
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('registers all that are given, as they are', async () => {
  const devices = [...range(1, 20).map((n) => device(n)), device(21, 'Ünï {"x"}, \\ NULL')];
  await insertDevices(database.db, devices);
  expect(await registered()).toEqual(devices);
  await insertDevices(database.db, []);
});

test('registers none when one alias is taken, and names each that is', async () => {
  await insertDevices(database.db, [device(1, 'a'), device(2, 'c')]);
  const more = [device(3, 'a'), device(4, 'b'), device(5, 'c'), device(6, 'd')];
  const failure = await failureOf(insertDevices(database.db, more));
  expect(failure).toBeInstanceOf(AliasesTakenError);
  expect((failure as AliasesTakenError).aliases).toEqual(['a', 'c']);
  expect(await registered()).toHaveLength(2);
});

test('of many at once with an alias in common, in whatever order, one is registered', async () => {
  const lists = range(0, 7).map((list) => {
    const devices = range(1, 200).map((n) => device(1_000 * (list + 1) + n, `shared ${n}`));
    return list % 2 === 0 ? devices : devices.toReversed();
  });
  const failures = await Promise.all(
    lists.map((devices) => failureOf(insertDevices(database.db, devices))),
  );
  expect(failures.filter((failure) => failure === undefined)).toHaveLength(1);
  for (const failure of failures) {
    if (failure !== undefined) expect(failure).toBeInstanceOf(AliasesTakenError);
  }
  expect(await registered()).toHaveLength(200);
});

test('aliases that are taken are found', async () => {
  await insertDevices(database.db, [device(1, 'a'), device(2, 'c')]);
  expect((await listTakenAliases(database.db, ['a', 'b', 'c', 'A'])).sort()).toEqual(['a', 'c']);
  expect(await listTakenAliases(database.db, [])).toEqual([]);
});
