import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, waitFor, type TestDatabase } from '@nexmdm/testing';
import { sql } from 'kysely';
import type { DatabaseHandle } from './pool.ts';
import { dualWrite } from './queries/dual-write.ts';
import { ping } from './queries/ping.ts';
import {
  errorCode,
  isConnectionFault,
  isLockTimeout,
  isMissingPartition,
  isPoison,
} from './sqlstate.ts';
import { openTestDatabase, sampleRecord } from '../test/database.ts';

let testDatabase: TestDatabase;
let database: DatabaseHandle;
const NOW = Date.now();

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function errorOf(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => error,
  );
}

/** What each question answers. */
const meaningOf = (error: unknown) => ({
  missingPartition: isMissingPartition(error),
  poison: isPoison(error),
  connection: isConnectionFault(error),
  lock: isLockTimeout(error),
});
const NOTHING = { missingPartition: false, poison: false, connection: false, lock: false };

const write = (changes: object) => dualWrite(database.db, [sampleRecord(NOW, changes)]);

describe('an error of a write', () => {
  test('for a day without a partition is that and not poison', async () => {
    const error = await errorOf(dualWrite(database.db, [sampleRecord(Date.UTC(2001, 1, 3))]));
    expect(errorCode(error)).toBe('23514');
    expect(meaningOf(error)).toEqual({ ...NOTHING, missingPartition: true });
  });

  test.each([
    ['22021', { ssid: 'a\0b' }],
    ['22003', { battery_pct: 40_000 }],
    ['22003', { uptime_s: 2 ** 31 }],
    ['22P02', { device_id: 'not a uuid' }],
    ['22P02', { uptime_s: 1.5 }],
  ])('that the database will never take is poison (%s)', async (code, changes) => {
    const error = await errorOf(write(changes));
    expect(errorCode(error)).toBe(code);
    expect(meaningOf(error)).toEqual({ ...NOTHING, poison: true });
  });

  test('that breaks a constraint is poison, and says which one', async () => {
    const insert = (alias: string, minutes: number) =>
      sql`INSERT INTO devices (id, alias, monitored_threshold_min)
        VALUES (gen_random_uuid(), ${alias}, ${minutes})`.execute(database.db);
    const check = await errorOf(insert('a', 0));
    expect([errorCode(check), meaningOf(check)]).toEqual(['23514', { ...NOTHING, poison: true }]);
    await insert('b', 1);
    const unique = await errorOf(insert('b', 1));
    expect([errorCode(unique), meaningOf(unique)]).toEqual(['23505', { ...NOTHING, poison: true }]);
  });

  test('in the statement itself is none of these', async () => {
    const error = await errorOf(sql`SELECT nothing FROM nowhere`.execute(database.db));
    expect([errorCode(error), meaningOf(error)]).toEqual(['42P01', NOTHING]);
  });
});

describe('an error of the moment', () => {
  const connectionFault = { ...NOTHING, connection: true };

  test('is a server that isn’t there', async () => {
    const away = openTestDatabase('postgres://u:p@127.0.0.1:1/none');
    const error = await errorOf(ping(away.db));
    await away.close();
    expect([errorCode(error), meaningOf(error)]).toEqual(['ECONNREFUSED', connectionFault]);
  });

  test('is a server whose name isn’t known', async () => {
    const away = openTestDatabase('postgres://u:p@no-such-host.invalid:5432/none');
    const error = await errorOf(ping(away.db));
    await away.close();
    expect(errorCode(error)).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
    expect(meaningOf(error)).toEqual(connectionFault);
  });

  test('is a statement that took too long', async () => {
    const hasty = openTestDatabase(testDatabase.url, { statementTimeoutMs: 20 });
    const error = await errorOf(sql`SELECT pg_sleep(60)`.execute(hasty.db));
    await hasty.close();
    expect([errorCode(error), meaningOf(error)]).toEqual(['57014', connectionFault]);
  });

  test('is a connection that an administrator ended', async () => {
    const error = await errorOf(
      sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(database.db),
    );
    expect([errorCode(error), meaningOf(error)]).toEqual(['57P01', connectionFault]);
  });

  test('is a server with too many connections', async () => {
    const name = new URL(testDatabase.url).pathname.slice(1);
    await testDatabase.query(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
    await testDatabase.query("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    const url = new URL(testDatabase.url);
    url.username = 'plain';
    url.password = 'plain';
    const limited = openTestDatabase(url.href);
    try {
      const error = await errorOf(ping(limited.db));
      expect([errorCode(error), meaningOf(error)]).toEqual(['53300', connectionFault]);
    } finally {
      await limited.close();
      await testDatabase.query(`ALTER DATABASE ${name} CONNECTION LIMIT -1`);
      await testDatabase.query('DROP ROLE plain');
    }
  });

  test('is a lock that others hold', async () => {
    const release = Promise.withResolvers<void>();
    const holder = database.db.transaction().execute(async (trx) => {
      await sql`LOCK TABLE devices`.execute(trx);
      await release.promise;
    });
    await waitFor('the lock', async () => {
      const rows = await testDatabase.query(
        "SELECT 1 FROM pg_locks WHERE relation = 'devices'::regclass AND mode = 'AccessExclusiveLock'",
      );
      return rows.length > 0;
    });
    const error = await errorOf(
      database.db.transaction().execute(async (trx) => {
        await sql`SET LOCAL lock_timeout = '10ms'`.execute(trx);
        await sql`SELECT 1 FROM devices`.execute(trx);
      }),
    );
    release.resolve();
    await holder;
    expect([errorCode(error), meaningOf(error)]).toEqual(['55P03', { ...NOTHING, lock: true }]);
  });
});

describe('anything else', () => {
  test.each([[new TypeError('a bug')], ['text'], [undefined], [null], [{}], [{ code: 7 }]])(
    'means nothing: %s',
    (error) => {
      expect([errorCode(error), meaningOf(error)]).toEqual(['unknown', NOTHING]);
    },
  );
});
