import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  adminGet,
  createTestDatabase,
  queryDatabase,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type TestDatabase,
} from '@nexmdm/testing';
import { nexmdm } from './cli-process.ts';
import { deviceId } from './first-nexmdm.ts';

/** PostgreSQL takes it for a UUID; RFC 9562 knows no such version and variant. */
const ODD_ID = 'deadbeef-dead-beef-dead-beefdeadbeef';

const NUMBERS = {
  stateInFuture: 1,
  seenInFuture: 2,
  bothInFuture: 3,
  allInFuture: 4,
  aliasOwner: 5,
  aliasBySeen: 6,
  aliasByState: 7,
  clockAhead: 8,
  seenBeforeTime: 9,
} as const;

/** Columns of the first NexMDM, those that matter here. */
const SOURCE = [
  `CREATE TABLE devices (id varchar PRIMARY KEY, alias varchar, token_id varchar, created_at timestamp,
     last_seen timestamp, token_revoked_at timestamptz)`,
  'CREATE TABLE device_last_status (device_id varchar, last_ts timestamp NOT NULL, battery_pct integer)',
  'CREATE TABLE device_heartbeats (device_id varchar, ts timestamp NOT NULL, battery_pct integer)',
];

let target: TestDatabase;
let source: string;
let sourceUrl: string;
let query: (text: string, values?: unknown[]) => Promise<object[]>;
let result: {
  devices: Record<string, number>;
  history: Record<string, number>;
  reasons: Record<string, number>;
  examples: { reason: string; device_id: string }[];
};

beforeAll(async () => {
  target = await createTestDatabase();
  source = `first_${randomUUID().replaceAll('-', '')}`;
  await target.query(`CREATE DATABASE ${source}`);
  const url = new URL(target.url);
  url.pathname = `/${source}`;
  sourceUrl = url.href;
  query = (text, values) => queryDatabase(sourceUrl, text, values);
  for (const table of SOURCE) await query(table);
  const n = NUMBERS;
  const fleet: [id: string, alias: string, created: string, seen: string, state: string | null][] =
    [
      [deviceId(n.stateInFuture), 'A', '-30 days', '-1 hour', '2031-01-01'],
      [deviceId(n.seenInFuture), 'B', '-30 days', '9999-12-31', '-2 hours'],
      [deviceId(n.bothInFuture), 'C', '-30 days', 'infinity', '294276-01-01'],
      [deviceId(n.allInFuture), 'D', '2031-01-01', '2031-01-01', null],
      [deviceId(n.aliasOwner), 'shared', '-30 days', '-1 minute', '-1 minute'],
      [deviceId(n.aliasBySeen), 'shared', '-30 days', '9999-12-31', '-1 day'],
      [deviceId(n.aliasByState), 'shared', '-30 days', '-1 day', '2031-01-01'],
      [deviceId(n.clockAhead), 'E', '-30 days', '2 minutes', '2 minutes'],
      [deviceId(n.seenBeforeTime), 'F', '-30 days', '-infinity', '-1 hour'],
      [ODD_ID, 'odd', '-30 days', '-1 minute', '-1 minute'],
    ];
  const time = (text: string) =>
    /^-?\d+ /.test(text) ? `now() AT TIME ZONE 'UTC' + interval '${text}'` : `timestamp '${text}'`;
  for (const [id, alias, created, seen, state] of fleet) {
    await query(
      `INSERT INTO devices VALUES ($1::text, $2, encode(sha256($1::text::bytea), 'hex'), ${time(created)}, ${time(seen)})`,
      [id, alias],
    );
    if (state === null) continue;
    await query(`INSERT INTO device_last_status VALUES ($1, ${time(state)}, 55)`, [id]);
  }
  await query(`UPDATE devices SET token_revoked_at = '2031-01-01Z' WHERE alias = 'D'`);
  for (const at of ['-1 minute', '10 minutes', '2031-01-01', 'infinity']) {
    await query(`INSERT INTO device_heartbeats VALUES ($1, ${time(at)}, 55)`, [ODD_ID]);
  }
  const args = ['import', '--from', sourceUrl, '--history-days', '1', '--json'];
  const env = { DATABASE_URL: target.url };
  const planned = await nexmdm([...args, '--dry-run'], env);
  const done = await nexmdm(args, env);
  expect([planned.code, done.code, done.stderr]).toEqual([
    0,
    0,
    expect.not.stringMatching(/Error/),
  ]);
  result = JSON.parse(done.stdout) as typeof result;
  expect(JSON.parse(planned.stdout)).toEqual({ ...result, dry_run: true });
}, 60_000);

afterAll(async () => {
  await target.query(`DROP DATABASE ${source} WITH (FORCE)`);
  await target.drop();
});

/** The times of a device, as hours from now. */
const device = async (number: number) => {
  const [row] = await target.query(
    `SELECT token_revoked_at IS NOT NULL AS revoked, battery_pct,
       round(extract(epoch FROM d.created_at - now()) / 3600)::integer AS created,
       round(extract(epoch FROM s.last_ts - now()) / 3600)::integer AS state,
       round(extract(epoch FROM s.last_seen_at - now()) / 3600)::integer AS seen
     FROM devices d LEFT JOIN device_last_status s ON s.device_id = d.id WHERE d.id = $1`,
    [deviceId(number)],
  );
  return row;
};

describe('a time that is still to come', () => {
  test('does not count: the latest of the others does', async () => {
    const state = { created: -720, battery_pct: 55, revoked: false };
    expect(await device(NUMBERS.stateInFuture)).toEqual({ ...state, state: -1, seen: -1 });
    expect(await device(NUMBERS.seenInFuture)).toEqual({ ...state, state: -2, seen: -2 });
    expect(await device(NUMBERS.bothInFuture)).toEqual({ ...state, state: -720, seen: -720 });
    expect(await device(NUMBERS.seenBeforeTime)).toEqual({ ...state, state: -1, seen: -1 });
    expect(await device(NUMBERS.allInFuture)).toEqual({
      created: 0,
      battery_pct: null,
      // What is revoked stays so.
      revoked: true,
      state: null,
      seen: null,
    });
  });

  test('of a clock that is a little ahead is taken as it is', async () => {
    const rows = await target.query(
      `SELECT 1 FROM device_last_status WHERE device_id = $1 AND last_ts > now()`,
      [deviceId(NUMBERS.clockAhead)],
    );
    expect(rows).toHaveLength(1);
  });

  test('wins no alias of a device that is in use', async () => {
    expect(await target.query(`SELECT id FROM devices WHERE alias = 'shared'`)).toEqual([
      { id: deviceId(NUMBERS.aliasOwner) },
    ]);
  });

  test('is noted of devices, and counted of heartbeats', () => {
    expect(result.reasons).toEqual({ time_in_future: 4, alias_twice: 2 });
    const { stateInFuture, seenInFuture, bothInFuture, allInFuture } = NUMBERS;
    const noted = result.examples.filter(({ reason }) => reason === 'time_in_future');
    expect(noted.map(({ device_id }) => device_id).sort()).toEqual(
      [stateInFuture, seenInFuture, bothInFuture, allInFuture].map(deviceId),
    );
    expect(result.history).toMatchObject({ read: 4, imported: 1, in_future: 3, left_out: 0 });
  });
});

test('a device whose id only PostgreSQL takes for a UUID can be read', async () => {
  const api = await startApp('query-api', {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: target.url,
    REDIS_URL: testRedisUrl(6),
  });
  try {
    const get = async (path: string) => {
      const response = await adminGet(api.url, path);
      expect(response.status).toBe(200);
      return (await response.json()) as { devices: { id: string }[] };
    };
    expect(await get(`/v1/devices/${ODD_ID}`)).toMatchObject({
      id: ODD_ID,
      alias: 'odd',
      battery_pct: 55,
    });
    const { devices } = await get('/v1/devices?limit=1000');
    expect(devices.map(({ id }) => id)).toContain(ODD_ID);
    expect(await get(`/v1/devices/${ODD_ID}/heartbeats`)).toMatchObject({
      heartbeats: [{ battery_pct: 55 }],
    });
  } finally {
    await api.stop();
  }
}, 30_000);
