import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';

interface Bucket {
  ts: string;
  heartbeats: number;
  gap: boolean;
}
interface HistoryPage {
  resolution_seconds?: number;
  heartbeats: Bucket[];
  pagination: { limit: number; next_cursor: string | null };
}
interface Availability {
  from: string;
  to: string;
  availability_pct: number | null;
  heartbeats: number;
  gaps: { from: string; to: string; seconds: number; open: boolean }[];
  gaps_truncated: boolean;
}

const INTERVAL_SECONDS = 60;
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const [BUSY, DELETED, SILENT] = [id(1), id(2), id(3)];
const DAY_MS = 86_400_000;
/** Yesterday's, so that all of it is over whenever the test runs. */
const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
const at = (minute: number) => new Date(midnight + minute * 60_000).toISOString();

let database: TestDatabase;
let app: AppProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  const [from, to] = [midnight, midnight + DAY_MS].map((bound) => new Date(bound).toISOString());
  await database.query(
    `CREATE TABLE yesterday PARTITION OF device_heartbeats FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
  for (const [device, deletedAt] of [
    [BUSY, null],
    [DELETED, new Date()],
    [SILENT, null],
  ]) {
    await database.query(
      'INSERT INTO devices (id, alias, created_at, deleted_at) VALUES ($1, $2, $3, $4)',
      [device, `device ${String(device)}`, new Date(midnight), deletedAt],
    );
  }
  await database.query(
    `INSERT INTO device_heartbeats (device_id, ts, received_at, battery_pct, uptime_s)
     SELECT device, $2::timestamptz + minute * interval '1 minute', now(), minute, minute
     FROM unnest($1::uuid[]) device, generate_series(0, 29) minute`,
    [[BUSY, DELETED], new Date(midnight)],
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

async function history(query: string, device = BUSY): Promise<HistoryPage> {
  const response = await get(`/v1/devices/${device}/heartbeats?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as HistoryPage;
}
async function availability(query: string, device = BUSY): Promise<Availability> {
  const response = await get(`/v1/devices/${device}/availability?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Availability;
}

describe('history in buckets', () => {
  test.each([
    ['600', 600],
    ['600s', 600],
    ['10m', 600],
    ['1h', 3_600],
    ['1d', 86_400],
  ])('takes resolution=%s', async (resolution, seconds) => {
    const page = await history(`from=${at(0)}&to=${at(1)}&resolution=${resolution}`);
    expect(page).toMatchObject({ resolution_seconds: seconds, heartbeats: [{ ts: at(0) }] });
  });

  test('aggregates what each bucket holds', async () => {
    const { heartbeats } = await history(`from=${at(0)}&to=${at(20)}&resolution=10m`);
    expect(heartbeats).toEqual(
      [10, 0].map((first) => ({
        ts: at(first),
        heartbeats: 10,
        gap: false,
        battery_pct: { min: first, avg: first + 4.5, max: first + 9 },
        temp_c: null,
        uptime_resets: 0,
        unity_running: { up: 0, down: 0, unknown: 10 },
        plugged_share: null,
      })),
    );
  });

  test('ends with the bucket of this moment, however far the range goes', async () => {
    const before = Date.now();
    const { heartbeats } = await history(`from=${at(0)}&to=${at(3 * 24 * 60)}&resolution=1h`);
    const newest = new Date(String(heartbeats[0]?.ts)).getTime();
    expect(newest).toBeGreaterThan(before - 3_600_000);
    expect(newest).toBeLessThanOrEqual(Date.now());
    expect(heartbeats.at(-1)).toMatchObject({ ts: at(0), heartbeats: 30, gap: false });
    expect(heartbeats.slice(0, -1).every(({ gap }) => gap)).toBe(true);
  });

  test('its Link headers lead past every bucket once', async () => {
    const query = `from=${at(0)}&to=${at(30)}&resolution=2m`;
    const whole = await history(query);
    expect(whole.heartbeats).toHaveLength(15);
    const seen: Bucket[] = [];
    let path: string | undefined = `/v1/devices/${BUSY}/heartbeats?${query}&limit=4`;
    while (path !== undefined) {
      const response: Response = await get(path);
      const page = (await response.json()) as HistoryPage;
      seen.push(...page.heartbeats);
      path = /<(.+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
      expect(path === undefined).toBe(page.pagination.next_cursor === null);
    }
    expect(seen).toEqual(whole.heartbeats);
  });

  test.each(['resolution=5m', 'resolution=120', ''])(
    'a cursor of buckets of 2 minutes is a 400 with %p',
    async (resolution) => {
      const query = `from=${at(0)}&to=${at(30)}`;
      const { pagination } = await history(`${query}&limit=4&resolution=10m`);
      const cursor = `cursor=${String(pagination.next_cursor)}`;
      const path = `/v1/devices/${BUSY}/heartbeats?${query}&${cursor}&${resolution}`;
      expect((await get(path)).status).toBe(400);
    },
  );
});

describe('a cursor', () => {
  const range = `from=${at(0)}&to=${at(30)}`;
  const cursorOf = async (query: string) =>
    String((await history(`${query}&limit=2`)).pagination.next_cursor);

  test.each(['', '&resolution=2m'])(
    'is good for its device and range alone: %p',
    async (resolution) => {
      const cursor = await cursorOf(`${range}${resolution}`);
      const ask = (device: string, asked: string) =>
        get(`/v1/devices/${device}/heartbeats?${asked}${resolution}&cursor=${cursor}`);
      expect((await ask(BUSY, range)).status).toBe(200);
      expect((await ask(BUSY.toUpperCase(), range)).status).toBe(200);
      for (const [device, asked] of [
        [DELETED, range],
        [BUSY, `from=${at(1)}&to=${at(30)}`],
        [BUSY, `from=${at(0)}&to=${at(31)}`],
        [BUSY, `from=${at(0)}`],
        [BUSY, `to=${at(30)}`],
        [BUSY, ''],
      ] as const) {
        const response = await ask(device, asked);
        expect([asked, response.status]).toEqual([asked, 400]);
        expect(await response.text()).toContain('belongs to another device, from or to');
      }
    },
  );

  test.each([`from=${at(0)}`, `to=${at(30)}`])(
    'goes on with %s, however the other end moves',
    async (asked) => {
      const first = await history(`${asked}&limit=2`);
      const cursor = String(first.pagination.next_cursor);
      const next = await history(`${asked}&limit=2&cursor=${cursor}`);
      const times = [...first.heartbeats, ...next.heartbeats].map(({ ts }) => ts);
      expect(times).toEqual([29, 28, 27, 26].map(at));
    },
  );

  test('goes on without from and to, whose defaults move with the time', async () => {
    const first = await history('resolution=1m&limit=2');
    const cursor = String(first.pagination.next_cursor);
    const next = await history(`resolution=1m&limit=2&cursor=${cursor}`);
    const times = [...first.heartbeats, ...next.heartbeats].map(({ ts }) => Date.parse(ts));
    const newest = times[0] as number;
    expect(times).toEqual([0, 1, 2, 3].map((minute) => newest - minute * 60_000));
  });
});

describe('availability', () => {
  test('is the time that is not in gaps', async () => {
    const quiet = await availability(`from=${at(0)}&to=${at(29)}`);
    expect(quiet).toMatchObject({ availability_pct: 100, heartbeats: 29, gaps: [] });
    // Before the registration there is nothing to be heard.
    const clipped = await availability(`from=${at(-600)}&to=${at(29)}`);
    expect(clipped).toEqual(quiet);
    const silentAtTheEnd = await availability(`from=${at(0)}&to=${at(58)}`);
    expect(silentAtTheEnd).toMatchObject({
      availability_pct: 50,
      gaps: [{ from: at(29), to: at(58), seconds: 1_740, open: false }],
    });
  });

  test('the silence up to now is an open gap', async () => {
    expect(await availability(`from=${at(0)}`, SILENT)).toMatchObject({
      availability_pct: 0,
      heartbeats: 0,
      gaps: [{ from: at(0), open: true }],
      gaps_truncated: false,
    });
  });

  test('takes the first and the last time that there is', async () => {
    for (const range of ['to=0001-01-01', 'from=9999-12-31&to=9999-12-31T23:59:59.999Z']) {
      expect(await availability(range)).toMatchObject({ availability_pct: null, heartbeats: 0 });
    }
  });

  test('of no time is null', async () => {
    const empty = await availability(`from=${at(-60)}&to=${at(0)}`);
    expect(empty).toMatchObject({ availability_pct: null, heartbeats: 0, gaps: [] });
    expect(empty.from).toBe(empty.to);
  });

  test('says by what it judges', async () => {
    expect(await availability('')).toMatchObject({
      device_id: BUSY,
      expected_interval_seconds: INTERVAL_SECONDS,
      gap_after_seconds: 3 * INTERVAL_SECONDS,
    });
  });
});

test('the history of a deleted device stays, that of an unknown one is a 404', async () => {
  const range = `from=${at(0)}&to=${at(30)}`;
  expect((await history(range, DELETED)).heartbeats).toHaveLength(30);
  expect((await history(`${range}&resolution=30m`, DELETED)).heartbeats).toHaveLength(1);
  expect(await availability(range, DELETED)).toMatchObject({ heartbeats: 30 });
  for (const unknown of [id(99), 'not-an-id']) {
    for (const what of ['heartbeats', 'heartbeats?resolution=1h', 'availability']) {
      expect((await get(`/v1/devices/${unknown}/${what}`)).status).toBe(404);
    }
  }
});

test.each([
  'heartbeats?resolution=1w',
  'heartbeats?resolution=59',
  'heartbeats?resolution=2d',
  'heartbeats?resolution=86401',
  'heartbeats?resolution=',
  'heartbeats?resolution=1h&resolution=2h',
  'heartbeats?resolution=1e3',
  'availability?from=yesterday',
  'availability?to=2026-02-30',
  'availability?to=0000-01-01T00:00:00%2B23:59',
  'availability?to=0001-01-01T00:00:00%2B00:01',
  'heartbeats?to=9999-12-31T23:59:59-00:01',
  'availability?from=2026-01-02&to=2026-01-02',
  'availability?from=2024-01-01&to=2025-01-02',
  'availability?limit=3',
])('422 that names the parameter for %s', async (request) => {
  const response = await get(`/v1/devices/${BUSY}/${request}`);
  expect(response.status).toBe(422);
  expect(await response.text()).toContain(/\?(\w+)=/.exec(request)?.[1]);
});
