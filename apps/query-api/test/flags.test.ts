import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FLAG_REACH_SECONDS, type FlagView } from '@nexmdm/contracts';
import {
  adminGet,
  appEntry,
  createTestDatabase,
  runNode,
  startApp,
  startTestServers,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type TestDatabase,
  type TestServers,
} from '@nexmdm/testing';

const FLAG = 'read-from-last-status';

let database: TestDatabase;
let one: AppProcess;
let other: AppProcess;

const start = (env: Record<string, string> = {}) =>
  startApp('query-api', { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url, ...env });

beforeAll(async () => {
  database = await createTestDatabase();
  [one, other] = await Promise.all([start(), start()]);
});

afterAll(async () => {
  await Promise.all([one.stop(), other.stop()]);
  await database.drop();
});

beforeEach(async () => {
  await database.query('TRUNCATE flag_changes');
  for (const app of [one, other]) {
    await waitFor('nothing is set', async () => (await flagOf(app)).changed_at === null);
  }
});

const put = (
  app: AppProcess,
  enabled: unknown,
  { flag = FLAG, headers = {} }: { flag?: string; headers?: Record<string, string> } = {},
) =>
  fetch(`${app.url}/ops/flags/${flag}`, {
    method: 'PUT',
    headers: { 'x-admin': TEST_ADMIN_KEY, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ enabled }),
  });

async function flagOf(app: AppProcess, flag = FLAG): Promise<FlagView> {
  const response = await adminGet(app.url, `/ops/flags/${flag}`);
  expect(response.status).toBe(200);
  return (await response.json()) as FlagView;
}

const changesOf = async (app: AppProcess) =>
  (await (await adminGet(app.url, `/ops/flags/${FLAG}/changes`)).json()) as { changes: unknown[] };

const logged = (app: AppProcess, event: string) => app.logs.filter((line) => line.event === event);

describe('a change', () => {
  test('holds at once where it is made, and in another process within two seconds', async () => {
    expect(await flagOf(one)).toMatchObject({
      enabled: true,
      default: true,
      source: 'environment',
      changed_by: null,
      changed_at: null,
    });
    const response = await put(one, false, { headers: { 'x-operator': 'ops@desk' } });
    expect(response.status).toBe(200);
    const after = { enabled: false, default: true, source: 'stored', changed_by: 'ops@desk' };
    const changed = (await response.json()) as FlagView;
    expect(changed).toMatchObject(after);
    expect(await flagOf(one)).toEqual(changed);

    await waitFor(
      'the other process sees it',
      async () => !(await flagOf(other)).enabled,
      FLAG_REACH_SECONDS * 1_000,
    );
    expect(await flagOf(other)).toEqual(changed);

    const fields = { flag: FLAG, enabled: false, previous: true, changed_by: 'ops@desk' };
    await waitFor('both have logged it', () => logged(other, 'flag.applied').length > 0);
    expect(logged(one, 'flag.changed')).toMatchObject([fields]);
    expect(logged(one, 'flag.changed')[0]?.['changed_at']).toBe(changed.changed_at);
    expect(logged(other, 'flag.applied')).toMatchObject([fields]);
    expect(logged(other, 'flag.changed')).toEqual([]);
  });

  test('survives a restart of every process, whatever their environment says', async () => {
    await put(one, false);
    await put(one, true, { flag: 'perf-diff' });
    await Promise.all([one.stop(), other.stop()]);
    [one, other] = await Promise.all([start(), start()]);
    for (const app of [one, other]) {
      expect(await flagOf(app)).toMatchObject({ enabled: false, source: 'stored' });
      expect(await flagOf(app, 'perf-diff')).toMatchObject({ enabled: true, default: false });
    }
  });

  test('to null returns each process to its own setting', async () => {
    await put(one, false);
    await other.stop();
    other = await start({ READ_FROM_LAST_STATUS: 'false', PERF_DIFF_ENABLED: 'true' });
    expect(await flagOf(other, 'perf-diff')).toMatchObject({
      enabled: true,
      source: 'environment',
    });
    await put(one, true);
    await waitFor('it is on', async () => (await flagOf(other)).enabled);
    await put(one, null);
    await waitFor('it is back', async () => !(await flagOf(other)).enabled);
    expect(await flagOf(other)).toMatchObject({ source: 'environment', default: false });
    expect(await flagOf(one)).toMatchObject({ source: 'environment', enabled: true });
    await other.stop();
    other = await start();
  });

  test('that changes nothing adds no entry', async () => {
    const before = logged(one, 'flag.changed').length;
    for (const enabled of [null, false, false, null, null, true, true]) {
      expect((await put(one, enabled)).status).toBe(200);
    }
    const { changes } = await changesOf(other);
    expect(changes).toMatchObject([{ enabled: true }, { enabled: null }, { enabled: false }]);
    expect(logged(one, 'flag.changed')).toHaveLength(before + 3);
  });

  test('names the client when the operator is not said', async () => {
    await put(one, false);
    expect((await flagOf(one)).changed_by).toMatch(/127\.0\.0\.1$/);
  });
});

describe('what is refused', () => {
  test('a request without the admin key', async () => {
    for (const path of ['/ops/flags', `/ops/flags/${FLAG}`, `/ops/flags/${FLAG}/changes`]) {
      expect((await fetch(one.url + path)).status).toBe(401);
    }
    expect((await put(one, false, { headers: { 'x-admin': 'not-the-key' } })).status).toBe(401);
    expect(await flagOf(one)).toMatchObject({ enabled: true });
  });

  test('a flag that nobody knows, naming those there are', async () => {
    const responses = [
      await put(one, true, { flag: 'read-from-lost-status' }),
      await adminGet(one.url, '/ops/flags/toString'),
      await adminGet(one.url, '/ops/flags/x/changes'),
    ];
    for (const response of responses) {
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('read-from-last-status and perf-diff');
    }
  });

  test.each([['off'], [0], [undefined], [{}]])('%j as the value', async (enabled) => {
    const response = await put(one, enabled);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('"path":"enabled"');
  });

  test.each([['é'], ['x'.repeat(101)], ['a\tb']])('%j as the operator', async (operator) => {
    const response = await put(one, false, { headers: { 'x-operator': operator } });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('"path":"x-operator"');
    expect(await flagOf(one)).toMatchObject({ enabled: true });
  });
});

describe('while the database is away', () => {
  let servers: TestServers;
  let app: AppProcess;

  beforeAll(async () => {
    servers = await startTestServers();
    app = await start({ DATABASE_URL: servers.postgres.url, PERF_DIFF_ENABLED: 'true' });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await servers.close();
  });

  const readiness = async ({ url }: AppProcess): Promise<unknown> =>
    (await fetch(`${url}/readyz`)).json();
  const perfDiff = (of = app) => flagOf(of, 'perf-diff');
  const set = (enabled: boolean) => put(app, enabled, { flag: 'perf-diff' });

  test('without its tables it is as good as none: the settings hold until they are there', async () => {
    expect(await perfDiff()).toMatchObject({ enabled: true, source: 'environment' });
    await waitFor('it is said', () => logged(app, 'flags.unavailable').length === 1);
    const settings = { DATABASE_URL: servers.postgres.url, REDIS_URL: servers.redis.url };
    await runNode(appEntry('cli'), ['migrate'], settings);
    await waitFor('the flags can be read', () => logged(app, 'flags.available').length === 1);
    expect((await set(false)).status).toBe(200);
  });

  test('frozen, the flags stay what they are', async () => {
    servers.postgres.freeze();
    await waitFor('it is said', () => logged(app, 'flags.unavailable').length === 2);
    expect(await perfDiff()).toMatchObject({ enabled: false, source: 'stored' });
    servers.postgres.thaw();
    await waitFor('the flags can be read', () => logged(app, 'flags.available').length === 2);
  });

  test('gone, the flags stay what they are, and a change is a 503', async () => {
    await servers.postgres.kill();
    const refused = await set(true);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await perfDiff()).toMatchObject({ enabled: false, source: 'stored' });

    const late = await start({ DATABASE_URL: servers.postgres.url });
    try {
      expect(await perfDiff(late)).toMatchObject({ enabled: false, source: 'environment' });
      expect(await readiness(late)).toMatchObject({
        ready: false,
        checks: { flags: expect.stringContaining('not read yet') },
      });
      await servers.postgres.start();
      await waitFor('it reads what is stored', async () => {
        return (await perfDiff(late)).source === 'stored';
      });
      expect(await readiness(late)).toMatchObject({ ready: true, checks: { flags: 'ok' } });
      await servers.postgres.kill();
      await waitFor('it is said', () => logged(late, 'flags.unavailable').length === 2);
      expect(await readiness(late)).toMatchObject({ ready: false, checks: { flags: 'ok' } });
    } finally {
      await late.stop();
    }
  });

  test('a start with only the replica takes what that has, and the primary has its say after', async () => {
    // A database of its own stands for the replica: what it has shows where a flag was read.
    await put(one, false);
    const late = await start({
      DATABASE_URL: servers.postgres.url,
      READ_DATABASE_URL: database.url,
    });
    try {
      expect(await flagOf(late)).toMatchObject({ enabled: false, source: 'stored' });
      expect(await readiness(late)).toMatchObject({ ready: true, checks: { flags: 'ok' } });
      expect(logged(late, 'flags.unavailable')).toHaveLength(1);
      await put(one, true);
      await servers.postgres.start();
      await waitFor('the primary is read', () => logged(late, 'flags.available').length === 1);
      expect(await flagOf(late)).toMatchObject({ source: 'environment' });
      expect(await perfDiff(late)).toMatchObject({ enabled: false, source: 'stored' });
    } finally {
      await late.stop();
    }
  });
});
