import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, waitFor, type TestDatabase } from '@nexmdm/testing';
import { openTestDatabase, sampleDevice } from '../../test/database.ts';
import { isConnectionFault } from '../sqlstate.ts';
import { deleteDevice } from './delete-device.ts';
import { insertDevice } from './insert-device.ts';
import { restoreDevice } from './restore-device.ts';
import { updateDevice } from './update-device.ts';

/** The driver waits for two seconds longer. */
const STATEMENT_TIMEOUT_MS = 200;
const APPLICATION = 'gives up';
const [CHANGED, DELETED, RESTORED, NEW] = [1, 2, 3, 4].map(sampleDevice) as [
  string,
  string,
  string,
  string,
];

let testDatabase: TestDatabase;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});

async function backends(): Promise<number[]> {
  const rows = await testDatabase.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
    [APPLICATION],
  );
  return rows.map(({ pid }) => pid);
}

test('a change that its caller gave up on is not made when the database goes on', async () => {
  const { db, close } = openTestDatabase(testDatabase.url, {
    applicationName: APPLICATION,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  for (const id of [CHANGED, DELETED, RESTORED]) await insertDevice(db, { id, alias: id });
  await deleteDevice(db, RESTORED);
  const registry = () => testDatabase.query('SELECT * FROM devices ORDER BY id');
  const before = await registry();
  const changes = [
    () => insertDevice(db, { id: NEW, alias: 'new' }),
    () => updateDevice(db, CHANGED, { alias: 'changed' }),
    () => deleteDevice(db, DELETED),
    () => restoreDevice(db, RESTORED, undefined),
  ];
  // A connection for each.
  await Promise.all(changes.map(() => db.selectFrom('devices').select('id').execute()));
  const frozen = await backends();
  expect(frozen).toHaveLength(changes.length);

  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  try {
    const outcomes = await Promise.allSettled(changes.map((change) => change()));
    for (const outcome of outcomes) {
      expect(outcome.status === 'rejected' && isConnectionFault(outcome.reason)).toBe(true);
    }
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT');
  }
  await waitFor('the end of the connections', async () => (await backends()).length === 0);
  await close();
  expect(await registry()).toEqual(before);
});
