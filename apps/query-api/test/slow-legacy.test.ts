import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { Client } from 'pg';
import { generateFleet, READ_PATHS } from './generated-fleet.ts';

interface PerfDiffState {
  running: number;
  max_running: number;
  queries: { comparisons: number; mismatches: number; errors: number; skipped: number }[];
}

const REQUESTS = 60;

let database: TestDatabase;
let app: AppProcess;
let blocker: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  await generateFleet(database, { devices: 200, days: 2, heartbeatsPerDevice: 10 });
  app = await startApp('query-api', {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    PERF_DIFF_ENABLED: 'true',
  });
  blocker = new Client({ connectionString: database.url });
  await blocker.connect();
}, 60_000);
afterAll(async () => {
  await blocker.end();
  await app.stop();
  await database.drop();
});

async function perfDiff(): Promise<PerfDiffState> {
  return (await (await adminGet(app.url, '/v1/perf-diff')).json()) as PerfDiffState;
}

const sum = (state: PerfDiffState, of: keyof PerfDiffState['queries'][number]) =>
  state.queries.reduce((total, query) => total + query[of], 0);

/** Reads that wait for the history. */
async function waitingReads(): Promise<number> {
  const [row] = await database.query<{ waiting: number }>(
    `SELECT count(*)::integer AS waiting FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.waiting ?? 0;
}

describe('comparisons while the history does not answer', () => {
  test('let every caller be answered, and are bounded', async () => {
    const before = await waitFor('the comparisons to end', async () => {
      const state = await perfDiff();
      return state.running === 0 ? state : undefined;
    });
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE device_heartbeats IN ACCESS EXCLUSIVE MODE');
    // None of these answers could come if it waited for the other way of reading.
    for (let sent = 0; sent < REQUESTS; sent += READ_PATHS.length) {
      const answers = await Promise.all(READ_PATHS.map((path) => adminGet(app.url, path)));
      expect(answers.map(({ status }) => status)).toEqual(READ_PATHS.map(() => 200));
    }
    const state = await waitFor('the comparisons to wait', async () =>
      (await waitingReads()) === before.max_running ? perfDiff() : undefined,
    );
    expect(state.running).toBe(state.max_running);
    expect(sum(state, 'skipped') - sum(before, 'skipped')).toBe(REQUESTS - state.max_running);
    expect(sum(state, 'comparisons')).toBe(sum(before, 'comparisons'));
    await blocker.query('ROLLBACK');
    const after = await waitFor('the comparisons to go on', async () => {
      const now = await perfDiff();
      return now.running === 0 ? now : undefined;
    });
    expect(sum(after, 'comparisons') - sum(before, 'comparisons')).toBe(state.max_running);
    expect(sum(after, 'mismatches') + sum(after, 'errors')).toBe(0);
  });

  test('do not hold up a stop', async () => {
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE device_heartbeats IN ACCESS EXCLUSIVE MODE');
    await adminGet(app.url, '/v1/metrics');
    await waitFor('a comparison to wait', async () => (await waitingReads()) > 0);
    expect(await app.stop()).toBe(0);
    await blocker.query('ROLLBACK');
  });
});
