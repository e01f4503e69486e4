import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceSchema } from '@nexmdm/contracts';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { parse } from 'csv-parse/sync';

/** Several pages, and more text than the buffers between a server and a client hold. */
const DEVICES = 12_000;
const LONG_NAME_LENGTH = 2_000;
const COLUMNS = Object.keys(deviceSchema.shape);
const AWKWARD = [
  '="1"+1',
  '-2+3',
  '+cmd|x',
  '@sum(1)',
  'a,"b"',
  'line\nbreak',
  'Zürich; 店舗',
  "'",
];

let database: TestDatabase;
let app: AppProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.query(
    `INSERT INTO devices (id, alias, model, monitored_app_name, installed_apk_version_code, facts_hash)
     SELECT gen_random_uuid(), coalesce(($2::text[])[n], 'Kiosk ' || n), 'SM-T500', repeat('x', $3),
       9007199254740993, CASE WHEN n % 10 > 0 THEN 'x' END
     FROM generate_series(1, $1) n`,
    [DEVICES, AWKWARD, LONG_NAME_LENGTH],
  );
  await database.query(
    `INSERT INTO device_last_status (device_id, last_ts, last_seen_at, battery_pct, signal_dbm, temp_c, plugged)
     SELECT id, now(), now(), CASE WHEN alias = ANY ($1) THEN 5 ELSE 50 END, -58, 21.5, true
     FROM devices WHERE facts_hash IS NOT NULL`,
    [AWKWARD],
  );
  app = await startApp('query-api', { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url });
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

async function exported(query = ''): Promise<Record<string, string>[]> {
  const response = await adminGet(app.url, `/v1/devices.csv${query}`);
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text.endsWith('\r\n')).toBe(true);
  return parse(text, { columns: true, record_delimiter: '\r\n' });
}

/** The fleet as its list has it. */
async function listed(query: string): Promise<Record<string, unknown>[]> {
  const devices = [];
  let cursor = '';
  do {
    const response = await adminGet(app.url, `/v1/devices?limit=1000${query}${cursor}`);
    const page = (await response.json()) as {
      devices: Record<string, unknown>[];
      pagination: { next_cursor: string | null };
    };
    devices.push(...page.devices);
    cursor = page.pagination.next_cursor === null ? '' : `&cursor=${page.pagination.next_cursor}`;
  } while (cursor !== '');
  return devices;
}

/** A value of JSON as the file has it. */
function asText(value: unknown): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' && /^[=+\-@]/.test(text) ? `'${text}` : text;
}

describe('GET /v1/devices.csv', () => {
  test('has every device of the list in its order, every field under its name', async () => {
    const [rows, devices] = [await exported(), await listed('')];
    expect(rows).toHaveLength(DEVICES);
    expect(Object.keys(rows[0] ?? {})).toEqual(COLUMNS);
    const exact = { installed_apk_version_code: '9007199254740993' };
    const expected = devices.map((device) =>
      Object.assign(
        Object.fromEntries(COLUMNS.map((column) => [column, asText(device[column])])),
        exact,
      ),
    );
    expect(rows).toEqual(expected);
  });

  test('lets no text become a formula, and leaves numbers as they are', async () => {
    const rows = await exported('?battery_lt=8');
    const aliases = new Set(rows.map(({ alias }) => alias));
    expect([...aliases].filter((alias) => /^[=+\-@]/.test(String(alias)))).toEqual([]);
    for (const alias of AWKWARD) expect(aliases).toContain(asText(alias));
    expect(rows[0]).toMatchObject({ signal_dbm: '-58', temp_c: '21.5', plugged: 'true' });
  });

  test.each(['status=never', 'battery_lt=8', 'search=kiosk%20119', 'status=online&search=99'])(
    'has with ?%s what the list has',
    async (query) => {
      const [rows, devices] = [await exported(`?${query}`), await listed(`&${query}`)];
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.map(({ id }) => id)).toEqual(devices.map(({ id }) => id));
    },
  );

  test('is a header alone when nothing matches', async () => {
    const response = await adminGet(app.url, '/v1/devices.csv?search=nobody');
    expect(await response.text()).toBe(`${COLUMNS.join(',')}\r\n`);
  });

  test('is a file to be kept, and HEAD says so too', async () => {
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${app.url}/v1/devices.csv?search=nobody`, {
        method,
        headers: { 'x-admin': TEST_ADMIN_KEY },
      });
      expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(response.headers.get('content-disposition')).toMatch(
        /^attachment; filename=devices-\d{4}-\d\d-\d\d\.csv$/,
      );
      expect((await response.text()) === '').toBe(method === 'HEAD');
    }
  });

  test.each(['limit=10', 'status=away', 'include_unknown=true', 'sort=alias'])(
    '422 that names the parameter for ?%s',
    async (query) => {
      const response = await adminGet(app.url, `/v1/devices.csv?${query}`);
      expect(response.status).toBe(422);
      expect(await response.text()).toContain(query.split('=')[0]);
    },
  );
});

/** An export that is not read yet. */
async function begin(): Promise<IncomingMessage> {
  const req = get(`${app.url}/v1/devices.csv`, {
    headers: { 'x-admin': TEST_ADMIN_KEY },
    agent: false,
  });
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  res.on('error', () => {});
  req.on('error', () => {});
  return res;
}

describe('an export that comes to no good', () => {
  const failures = () => app.logs.filter(({ event }) => event === 'devices.export_failed');

  test('is broken off, and never ended, when the database fails in the middle of it', async () => {
    const res = await begin();
    await database.query('ALTER TABLE device_last_status RENAME TO away');
    let bytes = 0;
    res.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await new Promise((resolve) => res.on('close', resolve));
    expect(res.complete).toBe(false);
    expect(bytes).toBeGreaterThan(0);
    await waitFor('the failure in the log', () => failures().length === 1);
    const beforehand = await adminGet(app.url, '/v1/devices.csv');
    expect(beforehand.status).toBe(500);
    expect(beforehand.headers.get('content-type')).toContain('problem+json');
    await database.query('ALTER TABLE away RENAME TO device_last_status');
    expect((await exported('?status=never')).length).toBeGreaterThan(0);
  });

  test('is no failure when the client goes away, and others are served', async () => {
    const logged = failures().length;
    for (let clients = 0; clients < 20; clients += 1) (await begin()).destroy();
    expect(await exported('?status=never')).not.toHaveLength(0);
    expect(failures()).toHaveLength(logged);
  });
});
