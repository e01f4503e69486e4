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
import * as fc from 'fast-check';
import { deviceId, generateFleet } from './generated-fleet.ts';

const DEVICES = 10_000;
let database: TestDatabase;
/** The same database, read in one way and in the other, and in both. */
let fast: AppProcess;
let legacy: AppProcess;
let comparing: AppProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  await generateFleet(database, { devices: DEVICES, days: 14, heartbeatsPerDevice: 40 });
  const env = { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url };
  fast = await startApp('query-api', env);
  legacy = await startApp('query-api', { ...env, READ_FROM_LAST_STATUS: 'false' });
  comparing = await startApp('query-api', { ...env, PERF_DIFF_ENABLED: 'true' });
}, 180_000);
afterAll(async () => {
  await Promise.all([fast, legacy, comparing].map((app) => app.stop()));
  await database.drop();
});

interface QuerySummary {
  query: string;
  comparisons: number;
  matches: number;
  mismatches: number;
  errors: number;
  fast: { p50_ms: number };
  legacy: { p50_ms: number };
  speedup: number;
  latest_mismatches: {
    differing: string[];
    examples: { device_id: string | null; field: string; fast: unknown; legacy: unknown }[];
  }[];
}

async function json(app: AppProcess, path: string): Promise<unknown> {
  const answer = await adminGet(app.url, path);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.json();
}

/** Without what passes with the time between two requests, and what only one process can read. */
function timeless(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, field: unknown) =>
      key === 'offline_seconds' && typeof field === 'number'
        ? 'offline'
        : key === 'next_cursor' && field !== null
          ? 'there is more'
          : field,
    ),
  );
}

async function expectSame(path: string): Promise<unknown> {
  const [one, other] = await Promise.all([json(fast, path), json(legacy, path)]);
  expect(timeless(one)).toEqual(timeless(other));
  return one;
}

/** What came of the comparisons of a query, once none is under way. */
function summaryOf(query: string): Promise<QuerySummary> {
  return waitFor('the comparisons to end', async () => {
    const { running, queries } = (await json(comparing, '/v1/perf-diff')) as {
      running: number;
      queries: QuerySummary[];
    };
    return running === 0 ? queries.find((one) => one.query === query) : undefined;
  });
}

/** Asks once, and waits for the comparison of this request. */
async function compare(query: string, path: string): Promise<QuerySummary> {
  const before = await summaryOf(query);
  await json(comparing, path);
  return waitFor(`a comparison of ${path}`, async () => {
    const after = await summaryOf(query);
    expect(after.errors).toBe(0);
    return after.comparisons > before.comparisons ? after : undefined;
  });
}

const QUESTIONS = {
  list_devices: '/v1/devices?limit=1000',
  get_device: `/v1/devices/${deviceId(4)}`,
  offline_devices: '/v1/devices/offline?limit=1000',
  unity_down: '/v1/devices/unity-down?limit=1000&include_unknown=true',
  fleet_counts: '/v1/metrics',
} as const;

describe('a fleet of 10,000 devices and 14 days', () => {
  test('is told alike from the last status and from the history', async () => {
    for (const path of Object.values(QUESTIONS)) await expectSame(path);
    for (const groupBy of ['ssid', 'carrier', 'app_version', 'model']) {
      await expectSame(`/v1/devices/offline?group_by=${groupBy}&limit=50`);
    }
  });

  test('is told alike for whatever is asked', async () => {
    const parameters = fc.record(
      {
        status: fc.constantFrom('online', 'offline', 'never'),
        unity: fc.constantFrom('up', 'down'),
        battery_lt: fc.integer({ min: 0, max: 101 }),
        search: fc.constantFrom('store-01', 'kiosk 3', 'nowhere', 'STORE-0007'),
        version_code: fc.constantFrom('1', '9223372036854775001'),
        sort: fc.constantFrom(
          'alias',
          '-alias',
          'last_seen',
          '-last_seen',
          'battery_pct',
          '-created_at',
        ),
        limit: fc.integer({ min: 1, max: 1_000 }),
      },
      { requiredKeys: ['limit'] },
    );
    await fc.assert(
      fc.asyncProperty(parameters, async (asked) => {
        const query = Object.entries(asked).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        await expectSame(`/v1/devices?${new URLSearchParams(query).toString()}`);
      }),
      { numRuns: 25 },
    );
  });

  test('is found to match by every comparison', async () => {
    for (const [query, path] of Object.entries(QUESTIONS)) {
      const summary = await compare(query, path);
      expect(summary).toMatchObject({ mismatches: 0, latest_mismatches: [] });
      expect(summary.speedup).toBeGreaterThan(1);
      const lines = await waitFor('the log', () =>
        comparing.logs.filter(
          (line) => line['event'] === 'perf_diff.query_comparison' && line['query_name'] === query,
        ),
      );
      expect(lines.at(-1)).toMatchObject({
        match: true,
        differing: [],
        fast_ms: expect.any(Number),
        legacy_ms: expect.any(Number),
        speedup: expect.any(Number),
      });
    }
    const metrics = await (await adminGet(comparing.url, '/metrics')).text();
    for (const query of Object.keys(QUESTIONS)) {
      expect(metrics).toMatch(
        new RegExp(
          `perf_diff_comparisons_total\\{[^}]*query="${query}",match="true"[^}]*\\} [1-9]`,
        ),
      );
      expect(metrics).toMatch(
        new RegExp(`query_latency_legacy_${query}_ms_count\\{[^}]*\\} [1-9]`),
      );
      expect(metrics).toMatch(new RegExp(`query_latency_fast_${query}_ms_count\\{[^}]*\\} [1-9]`));
    }
  });

  test('every page by cursor is compared too', async () => {
    const { pagination } = (await json(comparing, '/v1/devices?limit=700')) as {
      pagination: { next_cursor: string };
    };
    const summary = await compare(
      'list_devices',
      `/v1/devices?limit=700&cursor=${pagination.next_cursor}`,
    );
    expect(summary.mismatches).toBe(0);
  });
});

describe('a last status that was changed by hand', () => {
  const device = deviceId(8);

  async function corrupt(change: string, run: () => Promise<void>): Promise<void> {
    const [before] = await database.query<Record<string, unknown>>(
      'SELECT * FROM device_last_status WHERE device_id = $1',
      [device],
    );
    await database.query(`UPDATE device_last_status SET ${change} WHERE device_id = $1`, [device]);
    try {
      await run();
    } finally {
      await database.query('DELETE FROM device_last_status WHERE device_id = $1', [device]);
      const columns = Object.keys(before ?? {}).filter((name) => name !== 'seen_bucket');
      await database.query(
        `INSERT INTO device_last_status (${columns.join(', ')})
         VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
        columns.map((name) => before?.[name]),
      );
    }
  }

  test('is found, with the very fields', async () => {
    await corrupt("battery_pct = 1, ssid = 'elsewhere'", async () => {
      const one = await compare('get_device', `/v1/devices/${device}`);
      expect(one.mismatches).toBe(1);
      const [mismatch] = one.latest_mismatches;
      expect(mismatch?.differing.sort()).toEqual(['battery_pct', 'ssid']);
      expect(mismatch?.examples).toContainEqual({
        device_id: device,
        field: 'ssid',
        fast: 'elsewhere',
        legacy: expect.stringContaining('store-'),
      });
      const list = await compare('list_devices', '/v1/devices?search=store-0001&limit=10');
      expect(list.latest_mismatches[0]?.differing.sort()).toEqual(['battery_pct', 'ssid']);
      const logged = comparing.logs.findLast(
        (line) => line['event'] === 'perf_diff.query_comparison',
      );
      expect(logged).toMatchObject({ level: 'warn', match: false });
    });
  });

  test('is found also where it brings the device into a list, or out of it', async () => {
    await corrupt("last_seen_at = now() - interval '3 days'", async () => {
      const offline = await compare('offline_devices', '/v1/devices/offline?search=store-0001');
      expect(offline.latest_mismatches[0]?.differing).toContain('last_seen');
      const counts = await compare('fleet_counts', '/v1/metrics');
      expect(counts.latest_mismatches[0]?.differing).toEqual(
        expect.arrayContaining(['online', 'offline']),
      );
    });
    await corrupt('unity_running = NOT coalesce(unity_running, false)', async () => {
      const down = await compare(
        'unity_down',
        '/v1/devices/unity-down?search=store-0001&include_unknown=true',
      );
      expect(down.latest_mismatches[0]?.differing).toContain('unity_running');
    });
  });

  test('is found when it is gone', async () => {
    await corrupt('last_ts = last_ts', async () => {
      await database.query('DELETE FROM device_last_status WHERE device_id = $1', [device]);
      const one = await compare('get_device', `/v1/devices/${device}`);
      expect(one.latest_mismatches[0]?.differing).toEqual(
        expect.arrayContaining(['last_seen', 'battery_pct']),
      );
    });
  });
});
