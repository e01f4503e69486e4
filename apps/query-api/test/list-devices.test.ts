import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { repeatEvery } from '@nexmdm/service';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { generateFleet } from './generated-fleet.ts';

interface Page {
  devices: {
    id: string;
    alias: string;
    status: string;
    battery_pct: number | null;
    unity_running: boolean | null;
    last_seen: string | null;
  }[];
  pagination: Record<string, unknown> & { next_cursor: string | null; total: number };
}

const DEVICES = 12_000;
let database: TestDatabase;
let app: AppProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  await generateFleet(database, { devices: DEVICES, days: 2, heartbeatsPerDevice: 3 });
  app = await startApp('query-api', { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url });
}, 60_000);
afterAll(async () => {
  await app.stop();
  await database.drop();
});

const get = (path: string) => adminGet(app.url, path);

async function page(path: string): Promise<Page> {
  const answer = await get(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as Page;
}

/** Follows the links from a first page to the last. */
async function walk(first: string): Promise<Page['devices']> {
  const seen: Page['devices'] = [];
  for (let path: string | undefined = first; path !== undefined;) {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    const { devices, pagination } = (await answer.json()) as Page;
    seen.push(...devices);
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    expect(path === undefined).toBe(pagination.next_cursor === null);
  }
  return seen;
}

async function liveIds(condition = 'true'): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT d.id FROM devices d LEFT JOIN device_last_status s ON s.device_id = d.id
     WHERE d.deleted_at IS NULL AND ${condition} ORDER BY d.id`,
  );
  return rows.map(({ id }) => id);
}

const sortedIds = (devices: Page['devices']) => devices.map(({ id }) => id).sort();

describe('walking the fleet by cursor', () => {
  test.each(['alias', '-alias', 'created_at', '-created_at'])(
    'sorted by %s visits every device once while devices keep reporting',
    async (sort) => {
      let turn = 0;
      const reporting = repeatEvery(
        1,
        async () => {
          turn += 1;
          await database.query(
            `UPDATE device_last_status SET last_seen_at = now(), last_ts = now(),
               battery_pct = (battery_pct + 7) % 101 WHERE hashtext(device_id::text) % 20 = $1 % 20`,
            [turn],
          );
        },
        () => {},
      );
      reporting.start();
      const devices = await walk(`/v1/devices?limit=500&sort=${sort}`);
      await reporting.stop();
      expect(turn).toBeGreaterThan(1);
      expect(sortedIds(devices)).toEqual(await liveIds());
    },
  );

  test.each(['last_seen', '-last_seen', 'battery_pct', '-battery_pct'])(
    'sorted by %s visits every device once while none reports, those without it last',
    async (sort) => {
      const devices = await walk(`/v1/devices?limit=1000&sort=${sort}`);
      expect(sortedIds(devices)).toEqual(await liveIds());
      const keys = devices.map((device) =>
        sort.endsWith('battery_pct') ? device.battery_pct : device.last_seen,
      );
      const known = keys.filter((key) => key !== null);
      expect(keys.slice(0, known.length)).toEqual(known);
      const numbers = known.map((key) => (typeof key === 'number' ? key : Date.parse(key)));
      const ordered = numbers.toSorted((a, b) => (sort.startsWith('-') ? b - a : a - b));
      expect(numbers).toEqual(ordered);
    },
  );

  test.each([
    ['status=online', "s.last_seen_at >= now() - interval '30 minutes'"],
    ['status=offline', "s.last_seen_at < now() - interval '30 minutes'"],
    ['status=never', 's.device_id IS NULL'],
    ['unity=down', "NOT s.unity_running AND s.last_seen_at >= now() - interval '1 day'"],
    [
      'unity=down&include_unknown=true',
      "s.unity_running IS NOT TRUE AND s.last_seen_at >= now() - interval '1 day'",
    ],
    ['battery_lt=15', 's.battery_pct < 15'],
    ['search=KIOSK%203', "d.alias ILIKE '%kiosk 3%'"],
    ['version_code=9223372036854775001', 'd.installed_apk_version_code = 9223372036854775001'],
    [
      'status=offline&battery_lt=50&search=1',
      "s.last_seen_at < now() - interval '30 minutes' AND s.battery_pct < 50 AND d.alias LIKE '%1%'",
    ],
  ])('with %s brings just those that match, in every order', async (filter, condition) => {
    const expected = await liveIds(condition);
    expect(expected.length).toBeGreaterThan(0);
    for (const sort of ['alias', '-last_seen', 'battery_pct']) {
      const devices = await walk(`/v1/devices?limit=900&${filter}&sort=${sort}`);
      expect(sortedIds(devices)).toEqual(expected);
    }
    const { pagination } = await page(`/v1/devices?limit=1&${filter}`);
    if (expected.length > 10_000) expect(pagination).toMatchObject({ total_is_estimate: true });
    else expect(pagination).toMatchObject({ total: expected.length, total_is_estimate: false });
  });

  test('says when a total is an estimate, and keeps it for the pages after', async () => {
    const first = await page('/v1/devices?limit=10');
    expect(first.pagination).toMatchObject({ total_is_estimate: true });
    expect(first.pagination.total).toBeGreaterThan(10_000);
    const second = await page(`/v1/devices?limit=10&cursor=${first.pagination.next_cursor}`);
    expect(second.pagination.total).toBe(first.pagination.total);
  });
});

describe('a cursor', () => {
  const cursorOf = async (path: string) => String((await page(path)).pagination.next_cursor);
  const refusal = async (path: string) => {
    const answer = await get(path);
    return {
      status: answer.status,
      ...((await answer.json()) as { detail: string; errors: { path: string }[] }),
    };
  };

  test('that was tampered with is refused, and says so', async () => {
    const cursor = await cursorOf('/v1/devices?limit=1');
    const other = cursor[30] === 'A' ? 'B' : 'A';
    for (const bad of [
      cursor.slice(0, 30) + other + cursor.slice(31),
      cursor.slice(0, -4),
      `${cursor}AAAA`,
      'nonsense',
    ]) {
      expect(await refusal(`/v1/devices?cursor=${bad}`)).toMatchObject({
        status: 400,
        detail: expect.stringContaining('cursor'),
        errors: [{ path: 'cursor' }],
      });
    }
  });

  test('is good for its own list, filters and order only', async () => {
    const cursor = await cursorOf('/v1/devices?limit=1&status=offline');
    for (const path of [
      '/v1/devices?limit=1',
      '/v1/devices?limit=1&status=online',
      '/v1/devices?limit=1&status=offline&sort=-alias',
      '/v1/devices/offline?sort=alias',
    ]) {
      const answer = await refusal(`${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`);
      expect(answer).toMatchObject({ status: 400, errors: [{ path: 'cursor' }] });
    }
    expect((await get(`/v1/devices?limit=9&status=offline&cursor=${cursor}`)).status).toBe(200);
  });
});

describe('pages with a number', () => {
  test('bring every device once, with the exact total', async () => {
    const expected = await liveIds();
    const first = await page('/v1/devices?page=1&limit=200');
    const pages = Math.ceil(expected.length / 200);
    expect(first.pagination).toEqual({
      page: 1,
      limit: 200,
      total_count: expected.length,
      total_pages: pages,
      has_next: true,
      has_prev: false,
    });
    const all: Page['devices'] = [];
    for (let number = 1; number <= pages; number += 1) {
      all.push(...(await page(`/v1/devices?page=${number}&limit=200`)).devices);
    }
    expect(sortedIds(all)).toEqual(expected);
    const last = await page(`/v1/devices?page=${pages}&limit=200`);
    expect(last.pagination).toMatchObject({ has_next: false, has_prev: true });
    const beyond = await page(`/v1/devices?page=${pages + 5}&limit=200`);
    expect(beyond).toMatchObject({ devices: [], pagination: { has_next: false } });
  });

  test('have links to the next and the one before', async () => {
    const answer = await get('/v1/devices?page=2&limit=50&status=online');
    const link = answer.headers.get('link') ?? '';
    expect(link).toContain('</v1/devices?page=3&limit=50&status=online>; rel="next"');
    expect(link).toContain('</v1/devices?page=1&limit=50&status=online>; rel="prev"');
  });

  test.each([
    'status=offline&sort=-last_seen',
    'search=kiosk%202',
    'battery_lt=20&sort=battery_pct',
  ])('agree with pages by cursor: %s', async (query) => {
    const walked = (await walk(`/v1/devices?limit=150&${query}`)).slice(300, 450);
    const { devices } = await page(`/v1/devices?page=3&limit=150&${query}`);
    expect(devices.map(({ id }) => id)).toEqual(walked.map(({ id }) => id));
  });
});

describe('a bad parameter', () => {
  test.each([
    ['/v1/devices?limit=1001', 'limit'],
    ['/v1/devices?limit=0', 'limit'],
    ['/v1/devices?limit=ten', 'limit'],
    ['/v1/devices?page=1&limit=201', 'limit'],
    ['/v1/devices?page=0', 'page'],
    ['/v1/devices?page=2&cursor=abc', 'page'],
    ['/v1/devices?status=gone', 'status'],
    ['/v1/devices?unity=maybe', 'unity'],
    ['/v1/devices?include_unknown=true', 'include_unknown'],
    ['/v1/devices?battery_lt=-1', 'battery_lt'],
    ['/v1/devices?battery_lt=102', 'battery_lt'],
    ['/v1/devices?version_code=9223372036854775808', 'version_code'],
    ['/v1/devices?version_code=1.5', 'version_code'],
    ['/v1/devices?search=', 'search'],
    ['/v1/devices?search=%00', 'search'],
    ['/v1/devices?sort=ip', 'sort'],
    ['/v1/devices?sort=alias%3B%20DROP%20TABLE%20devices', 'sort'],
    ['/v1/devices/offline?limit=1001', 'limit'],
    ['/v1/devices/offline?group_by=ip', 'group_by'],
    ['/v1/devices/offline?group_by=ssid&cursor=abc', 'cursor'],
    ['/v1/devices/offline?max_offline_seconds=0', 'max_offline_seconds'],
    ['/v1/devices/unity-down?include_unknown=1', 'include_unknown'],
    ['/v1/devices/unity-down?sort=x', 'sort'],
  ])('%s is named: %s', async (path, parameter) => {
    const answer = await get(path);
    expect(answer.status).toBe(422);
    const { errors } = (await answer.json()) as { errors: { path: string }[] };
    expect(errors.map((error) => error.path)).toContain(parameter);
  });

  test.each(['/v1/devices', '/v1/devices/offline', '/v1/metrics', '/v1/perf-diff'])(
    'that %s does not know is an error too',
    async (path) => {
      const answer = await get(`${path}?colour=red`);
      expect(answer.status).toBe(422);
      expect(JSON.stringify(await answer.json())).toContain('colour');
    },
  );
});
