import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { nexmdm } from './cli-process.ts';

let database: TestDatabase;
let ingest: AppProcess;
let query: AppProcess;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  const settings = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(2),
  };
  [ingest, query] = await Promise.all([
    startApp('ingest-api', settings),
    startApp('query-api', settings),
  ]);
  env = { ADMIN_KEY: TEST_ADMIN_KEY, INGEST_URL: ingest.url, QUERY_URL: query.url };
});

afterAll(async () => {
  await Promise.all([ingest.stop(), query.stop()]);
  await database.drop();
});

const registered = () =>
  database.query<{ alias: string }>('SELECT alias FROM devices ORDER BY alias');

describe('devices', () => {
  test('register prints the token once, and says so', async () => {
    const dryRun = await nexmdm(['devices', 'register', 'Kiosk 店舗 7', '--dry-run'], env);
    expect(dryRun).toMatchObject({ code: 0, stderr: '' });
    expect(await registered()).toEqual([]);

    const args = ['devices', 'register', 'Kiosk 店舗 7', '--hardware-id', 'R4S1'];
    const { code, stdout, stderr } = await nexmdm(args, env);
    expect(code).toBe(0);
    const token = /^device_token {2}(\S+)$/m.exec(stdout)?.[1] ?? '';
    expect(token).toHaveLength(43);
    expect(stderr).toContain('shown this once');
    const rows = await database.query('SELECT alias, hardware_id, token_id FROM devices');
    expect(rows).toMatchObject([{ alias: 'Kiosk 店舗 7', hardware_id: 'R4S1' }]);
    expect(JSON.stringify(rows)).not.toContain(token);

    const again = await nexmdm(args, env);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('Another device has this alias');
    expect(await nexmdm([...args, '--dry-run'], env)).toEqual(again);
  });

  test('register --json is for programs', async () => {
    const { stdout } = await nexmdm(['devices', 'register', 'A', '--json'], env);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      'alias',
      'device_id',
      'device_token',
    ]);
  });

  test('list goes through all pages, and says what it left out', async () => {
    await database.query(
      "INSERT INTO devices (id, alias) SELECT gen_random_uuid(), 'many-' || lpad(n::text, 5, '0') FROM generate_series(1, 1500) n",
    );
    const all = await nexmdm(['devices', 'list', '--limit', 'all', '--json'], env);
    const { devices, pagination } = JSON.parse(all.stdout) as {
      devices: { alias: string }[];
      pagination: unknown;
    };
    expect(new Set(devices.map(({ alias }) => alias)).size).toBe(1_502);
    expect(pagination).toEqual({ total: 1_502, total_is_estimate: false, complete: true });

    const some = await nexmdm(['devices', 'list', '--limit', '2'], env);
    expect(some.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(some.stdout).toContain('Kiosk 店舗 7');
    expect(some.stderr).toBe('2 of 1502 devices; --limit all shows all\n');

    const found = await nexmdm(
      ['devices', 'list', '--search', 'MANY-0010', '--sort=-alias', '--json'],
      env,
    );
    const { devices: matching } = JSON.parse(found.stdout) as { devices: { alias: string }[] };
    expect(matching.map(({ alias }) => alias).slice(0, 2)).toEqual(['many-00109', 'many-00108']);
    const bad = await nexmdm(['devices', 'list', '--sort', 'ip'], env);
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('sort') });

    const online = await nexmdm(['devices', 'list', '--status', 'online'], env);
    expect(online).toMatchObject({ code: 0, stdout: '', stderr: '0 of 0 devices\n' });
  });

  test('a wrong key is said', async () => {
    const wrong = { ...env, ADMIN_KEY: 'not-the-right-key' };
    for (const args of [['list'], ['register', 'B']]) {
      const { code, stderr } = await nexmdm(['devices', ...args], wrong);
      expect(code).toBe(1);
      expect(stderr).toContain('refuses ADMIN_KEY');
    }
  });
});
