import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';

interface Page {
  devices: { id: string; alias: string; status: string; offline_seconds: number | null }[];
  pagination: {
    limit: number;
    next_cursor: string | null;
    total: number;
    total_is_estimate: boolean;
  };
}

const INTERVAL_SECONDS = 60;
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const ALIASES = ['Zürich 1', 'Ägäis 2', 'aachen 3', 'Aachen 4', '店舗 5', 'never 6', 'gone 7'];
const [ONLINE, OFFLINE, NEVER, DELETED] = [id(1), id(2), id(6), id(7)];

let database: TestDatabase;
let app: AppProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  for (const [index, alias] of ALIASES.entries()) {
    await database.query('INSERT INTO devices (id, alias, deleted_at) VALUES ($1, $2, $3)', [
      id(index + 1),
      alias,
      alias.startsWith('gone') ? new Date() : null,
    ]);
  }
  await database.query(
    `INSERT INTO device_last_status (device_id, last_ts, last_seen_at, battery_pct)
     SELECT id, now(), now() - CASE WHEN id = $2 THEN interval '1 hour' ELSE interval '0' END, 50
     FROM devices WHERE id <> $1`,
    [NEVER, OFFLINE],
  );
  await database.query(
    `INSERT INTO device_heartbeats (device_id, ts, received_at, battery_pct)
     SELECT $1, t, t, 50 FROM generate_series(
       date_trunc('day', now()), date_trunc('day', now()) + interval '29 minutes', interval '1 minute'
     ) t`,
    [ONLINE],
  );
  app = await startApp('query-api', {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    HEARTBEAT_INTERVAL_SECONDS: String(INTERVAL_SECONDS),
  });
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

const get = (path: string) => adminGet(app.url, path);
const page = async (path: string) => (await (await get(path)).json()) as Page;

describe('GET /v1/devices', () => {
  test('lists every device that is not deleted, with its status', async () => {
    const { devices, pagination } = await page('/v1/devices');
    expect(pagination).toEqual({
      limit: 100,
      next_cursor: null,
      total: 6,
      total_is_estimate: false,
    });
    expect(devices.map(({ alias }) => alias).sort()).toEqual(ALIASES.slice(0, 6).sort());
    const statusOf = (wanted: string) => devices.find((device) => device.id === wanted);
    expect(statusOf(ONLINE)).toMatchObject({ status: 'online', offline_seconds: null });
    expect(statusOf(OFFLINE)).toMatchObject({ status: 'offline' });
    expect(statusOf(OFFLINE)?.offline_seconds).toBeGreaterThanOrEqual(3_600);
    expect(statusOf(NEVER)).toMatchObject({
      status: 'never',
      offline_seconds: null,
      last_seen: null,
    });
    expect(statusOf(DELETED)).toBeUndefined();
  });

  test.each([
    ['online', 4],
    ['offline', 1],
    ['never', 1],
  ])('filters by status=%s', async (status, total) => {
    const { devices, pagination } = await page(`/v1/devices?status=${status}`);
    expect(devices.every((device) => device.status === status)).toBe(true);
    expect([devices.length, pagination.total]).toEqual([total, total]);
  });

  test('its cursors and Link headers lead past every device once', async () => {
    const whole = (await page('/v1/devices')).devices.map((device) => device.id);
    const seen: string[] = [];
    let path: string | undefined = '/v1/devices?limit=2';
    while (path !== undefined) {
      const response: Response = await get(path);
      const { devices, pagination } = (await response.json()) as Page;
      seen.push(...devices.map((device) => device.id));
      path = /<(.+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
      expect(path === undefined).toBe(pagination.next_cursor === null);
      if (path !== undefined) expect(path).toContain(`cursor=${String(pagination.next_cursor)}`);
    }
    expect(seen).toEqual(whole);
  });

  test('a cursor that was tampered with is a 400 that says so', async () => {
    const { pagination } = await page('/v1/devices?limit=2');
    const cursor = String(pagination.next_cursor);
    for (const bad of [`${cursor}AAAA`, cursor.slice(0, -2), `A${cursor.slice(1)}`, 'x']) {
      const response = await get(`/v1/devices?cursor=${bad}`);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('cursor');
    }
  });

  test('a cursor of another list is a 400 too', async () => {
    const { pagination } = await page('/v1/devices?limit=2');
    const path = `/v1/devices/${ONLINE}/heartbeats?cursor=${String(pagination.next_cursor)}`;
    expect((await get(path)).status).toBe(400);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=ten',
    'status=away',
    'sorted=alias',
    'limit=1&limit=2',
  ])('422 that names the parameter for ?%s', async (query) => {
    const response = await get(`/v1/devices?${query}`);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(query.split('=')[0]);
  });
});

describe('GET /v1/devices/{id}', () => {
  test('404 for an unknown, a deleted and an impossible id', async () => {
    for (const unknown of [id(99), DELETED, 'not-an-id']) {
      const answer = await get(`/v1/devices/${unknown}`);
      expect(answer.status).toBe(404);
      const { detail } = (await answer.json()) as { detail: string };
      expect(detail.includes('was deleted')).toBe(unknown === DELETED);
    }
  });
});

describe('GET /v1/devices/{id}/heartbeats', () => {
  const midnight = new Date(new Date().setUTCHours(0, 0, 0, 0));
  const at = (minute: number) => new Date(midnight.getTime() + minute * 60_000).toISOString();
  const heartbeats = async (query: string) => {
    const response = await get(`/v1/devices/${ONLINE}/heartbeats?${query}`);
    const body = (await response.json()) as {
      heartbeats: { ts: string }[];
      pagination: { next_cursor: string | null };
    };
    return { ...body, times: body.heartbeats.map(({ ts }) => ts) };
  };

  test('gives the range from `from` up to, and without, `to`, newest first', async () => {
    const { times } = await heartbeats(`from=${at(10)}&to=${at(13)}`);
    expect(times).toEqual([at(12), at(11), at(10)]);
  });

  test('takes days for a range', async () => {
    const { times } = await heartbeats(`from=${at(0).slice(0, 10)}`);
    expect(times).toHaveLength(30);
  });

  test('pages without a gap or a repetition', async () => {
    const all = (await heartbeats(`from=${at(0)}`)).times;
    const seen: string[] = [];
    let cursor = '';
    do {
      const next = await heartbeats(`from=${at(0)}&limit=7${cursor}`);
      seen.push(...next.times);
      cursor = next.pagination.next_cursor === null ? '' : `&cursor=${next.pagination.next_cursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(all);
  });

  test.each(['from=yesterday', 'to=2026-02-30', 'from=2026-01-02&to=2026-01-01', 'limit=0'])(
    '422 that names the parameter for ?%s',
    async (query) => {
      const response = await get(`/v1/devices/${ONLINE}/heartbeats?${query}`);
      expect(response.status).toBe(422);
      expect(await response.text()).toContain(`"path":"${String(query.split('=')[0])}"`);
    },
  );
});

describe('access', () => {
  test.each([
    '/v1/devices',
    `/v1/devices/${ONLINE}`,
    `/v1/devices/${ONLINE}/heartbeats`,
    '/metrics',
  ])('401 for %s without the admin key or with a wrong one', async (path) => {
    expect((await fetch(app.url + path)).status).toBe(401);
    const wrong = await fetch(app.url + path, { headers: { 'x-admin': `${TEST_ADMIN_KEY}x` } });
    expect(wrong.status).toBe(401);
    expect((await get(path)).status).toBe(200);
  });
});
