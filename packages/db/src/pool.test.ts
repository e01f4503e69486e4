import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Registry } from '@nexmdm/service';
import { createTestDatabase, waitFor, type TestDatabase } from '@nexmdm/testing';
import { sql } from 'kysely';
import type { DatabaseHandle, DatabaseOptions } from './pool.ts';
import { ping } from './queries/ping.ts';
import { isConnectionFault } from './sqlstate.ts';
import { openTestDatabase } from '../test/database.ts';

let testDatabase: TestDatabase;
const opened: DatabaseHandle[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.drop();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((handle) => handle.close()));
});

function open(options: Partial<DatabaseOptions> = {}): DatabaseHandle {
  const handle = openTestDatabase(testDatabase.url, options);
  opened.push(handle);
  return handle;
}

async function backendPid({ db }: DatabaseHandle): Promise<number> {
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(db);
  return rows[0]?.pid ?? 0;
}

/** How many connections there are under a name. */
async function connectionsOf(applicationName: string): Promise<number> {
  const rows = await testDatabase.query(
    'SELECT 1 FROM pg_stat_activity WHERE application_name = $1',
    [applicationName],
  );
  return rows.length;
}

async function metricsOf(registry: Registry): Promise<Record<string, number>> {
  const text = await registry.metrics();
  return Object.fromEntries(
    [...text.matchAll(/^(db_pool_\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  ) as Record<string, number>;
}

describe('the pool', () => {
  test('opens nothing before the first query, no more than allowed, and closes all, twice if asked', async () => {
    const handle = open({ poolMax: 3, applicationName: 'bounded' });
    expect(await connectionsOf('bounded')).toBe(0);
    await Promise.all(
      Array.from({ length: 20 }, () => sql`SELECT pg_sleep(0.01)`.execute(handle.db)),
    );
    expect(await connectionsOf('bounded')).toBe(3);
    await Promise.all([handle.close(), handle.close()]);
    await handle.close();
    await waitFor('the connections to be gone', async () => (await connectionsOf('bounded')) === 0);
  });

  test('reads 64-bit integers exactly, and leaves the driver’s other users alone', async () => {
    const { db } = open();
    const { rows } = await sql`SELECT 9223372036854775807 AS big, 7 AS small`.execute(db);
    expect(rows).toEqual([{ big: 2n ** 63n - 1n, small: 7 }]);
    expect(await testDatabase.query('SELECT 9223372036854775807 AS big')).toEqual([
      { big: '9223372036854775807' },
    ]);
  });

  test('shows its size and use, and counts the queries that had to wait', async () => {
    const registry = new Registry();
    const { db } = open({ poolMax: 2, registry });
    expect(await metricsOf(registry)).toEqual({
      db_pool_size: 2,
      db_pool_in_use: 0,
      db_pool_utilization_pct: 0,
      db_pool_waits_total: 0,
    });
    const release = Promise.withResolvers<void>();
    const hold = () =>
      db.connection().execute(async (connection) => {
        await ping(connection);
        await release.promise;
      });
    const first = hold();
    await waitFor('one in use', async () => (await metricsOf(registry))['db_pool_in_use'] === 1);
    expect(await metricsOf(registry)).toMatchObject({ db_pool_utilization_pct: 50 });
    const second = hold();
    await waitFor('both in use', async () => (await metricsOf(registry))['db_pool_in_use'] === 2);
    expect(await metricsOf(registry)).toMatchObject({
      db_pool_utilization_pct: 100,
      db_pool_waits_total: 0,
    });
    const waiting = [ping(db), ping(db), ping(db)];
    expect(await metricsOf(registry)).toMatchObject({ db_pool_waits_total: 3 });
    release.resolve();
    await Promise.all([first, second, ...waiting]);
    await ping(db);
    expect(await metricsOf(registry)).toMatchObject({
      db_pool_in_use: 0,
      db_pool_waits_total: 3,
    });
  });

  test('doesn’t let a query wait forever for a connection', async () => {
    const { db } = open({ poolMax: 1, connectTimeoutMs: 1_000 });
    const release = Promise.withResolvers<void>();
    await ping(db);
    const held = db.connection().execute(() => release.promise);
    const failure = await ping(db).catch((error: unknown) => error);
    expect(isConnectionFault(failure)).toBe(true);
    release.resolve();
    await held;
    await ping(db);
  });
});

describe('a pool whose connections are ended by the server', () => {
  test('tells of the idle ones and works on with new ones', async () => {
    const errors: Error[] = [];
    const handle = open({ poolMax: 1, onConnectionError: (error) => errors.push(error) });
    const before = await backendPid(handle);
    await testDatabase.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'",
    );
    await waitFor('the error', () => errors.length > 0);
    const after = await backendPid(handle);
    expect(after).not.toBe(before);
    await Promise.all(Array.from({ length: 10 }, () => ping(handle.db)));
  });

  test('fails the query that runs, and works on', async () => {
    const handle = open({ poolMax: 1 });
    const pid = await backendPid(handle);
    const failure = sql`SELECT pg_sleep(60)`.execute(handle.db).catch((error: unknown) => error);
    await waitFor('the query to run', async () => {
      const rows = await testDatabase.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'",
        [pid],
      );
      return rows.length === 1;
    });
    expect(isConnectionFault(await failure)).toBe(true);
    await ping(handle.db);
  });

  test('doesn’t use a connection again on which the server said its last word', async () => {
    const handle = open({ poolMax: 1 });
    for (let round = 0; round < 50; round += 1) {
      const failure = await sql`SELECT pg_terminate_backend(pg_backend_pid())`
        .execute(handle.db)
        .catch((error: unknown) => error);
      expect(isConnectionFault(failure)).toBe(true);
      await ping(handle.db);
    }
  });

  test('fails a transaction under way, and works on', async () => {
    const handle = open({ poolMax: 1 });
    const failure = await handle.db
      .transaction()
      .execute(async (trx) => {
        const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx);
        await testDatabase.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
        await sql`SELECT 1`.execute(trx);
      })
      .catch((error: unknown) => error);
    expect(isConnectionFault(failure)).toBe(true);
    await ping(handle.db);
  });
});

describe('a connection on which the server doesn’t answer any more', () => {
  test('is given up after a while and not used again', async () => {
    const handle = open({ poolMax: 1, statementTimeoutMs: 100 });
    const pid = await backendPid(handle);
    process.kill(pid, 'SIGSTOP');
    try {
      const failure = await ping(handle.db).catch((error: unknown) => error);
      expect(isConnectionFault(failure)).toBe(true);
      expect(await backendPid(handle)).not.toBe(pid);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
