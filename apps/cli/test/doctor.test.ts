import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  appEntry,
  runNode,
  startApp,
  startTestServers,
  TEST_ADMIN_KEY,
  queryDatabase,
  type AppProcess,
  type TestServers,
} from '@nexmdm/testing';
import { nexmdm } from './cli-process.ts';

interface Report {
  ok: boolean;
  findings: { area: string; check: string; level: string; detail: string; mend?: string }[];
}

let servers: TestServers;
let services: AppProcess[];
let env: Record<string, string>;

beforeAll(async () => {
  servers = await startTestServers();
  const settings = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: servers.postgres.url,
    REDIS_URL: servers.redis.url,
  };
  await runNode(appEntry('cli'), ['migrate'], settings);
  services = await Promise.all(
    ['ingest-api', 'query-api', 'writer-worker'].map((app) => startApp(app, settings)),
  );
  const [ingest, query, writer] = services.map(({ url }) => url);
  env = {
    ...settings,
    INGEST_URL: ingest ?? '',
    QUERY_URL: query ?? '',
    WRITER_URL: writer ?? '',
  };
});

afterEach(() => {
  servers.postgres.thaw();
  servers.redis.thaw();
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await servers.close();
});

/** The checks that failed, as `area check`. */
async function failures(changes: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { code, stdout } = await nexmdm(['doctor', '--json'], { ...env, ...changes });
  const { ok, findings } = JSON.parse(stdout) as Report;
  const failed = findings.filter(({ level }) => level === 'fail');
  expect(code).toBe(failed.length > 0 ? 1 : 0);
  expect(ok).toBe(failed.length === 0);
  // Whatever isn't well comes with what mends it.
  for (const { level, mend } of findings) if (level !== 'ok') expect(mend).toBeTruthy();
  return failed.map(({ area, check }) => `${area} ${check}`);
}

describe('doctor', () => {
  test('finds nothing to mend in an installation that is well', async () => {
    expect(await failures()).toEqual([]);
    const { code, stdout } = await nexmdm(['doctor'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ 0 failures\n$/);
    const secrets = [servers.postgres.url, servers.redis.url].map((url) => new URL(url).password);
    for (const secret of [...secrets, TEST_ADMIN_KEY].filter(Boolean)) {
      expect(stdout).not.toContain(secret);
    }
  });

  test('names what is missing in the database and in Redis', async () => {
    expect(await failures({ PARTITION_DAYS_AHEAD: '14', STREAM_SHARDS: '5' })).toEqual([
      'redis groups',
    ]);
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
    const partition = `device_heartbeats_${today}`;
    await queryDatabase(
      servers.postgres.url,
      `ALTER TABLE device_heartbeats DETACH PARTITION ${partition}`,
    );
    expect(await failures()).toEqual(['postgresql partitions']);
    await queryDatabase(servers.postgres.url, `DROP TABLE ${partition}`);
    await runNode(appEntry('cli'), ['migrate'], env);
    expect(await failures()).toEqual([]);
  });

  test('goes through every check, whatever the others find', async () => {
    const broken = {
      ADMIN_KEY: 'short',
      DATABASE_URL: 'postgres://someone@127.0.0.1:1/none',
      REDIS_URL: 'redis://127.0.0.1:1',
      INGEST_URL: 'http://127.0.0.1:2',
      QUERY_URL: 'no address',
    };
    expect(await failures(broken)).toEqual([
      'settings ADMIN_KEY',
      'settings QUERY_URL',
      'postgresql reachable',
      'redis reachable',
      'ingest-api livez',
      'query-api livez',
    ]);
  });

  test('tells a wrong key and a wrong address', async () => {
    const key = await failures({ ADMIN_KEY: 'another-key-0123456789' });
    expect(key).toEqual(['ingest-api ADMIN_KEY', 'query-api ADMIN_KEY', 'writer-worker ADMIN_KEY']);
    expect(await failures({ INGEST_URL: String(env['QUERY_URL']) })).toEqual([
      'ingest-api address',
    ]);
  });

  test('warns of reads from the history, and when query-api can not be asked', async () => {
    const flags = async (changes: Readonly<Record<string, string>> = {}) => {
      const { stdout } = await nexmdm(['doctor', '--json'], { ...env, ...changes });
      const { findings } = JSON.parse(stdout) as Report;
      return findings.filter(({ check }) =>
        ['flags', 'read-from-last-status', 'perf-diff'].includes(check),
      );
    };
    expect(await flags()).toMatchObject([{ check: 'read-from-last-status', level: 'ok' }]);
    await nexmdm(['flags', 'set', 'read-from-last-status', 'off'], env);
    await nexmdm(['flags', 'set', 'perf-diff', 'on'], env);
    expect(await flags()).toMatchObject([
      {
        check: 'read-from-last-status',
        level: 'warn',
        detail: expect.stringContaining('off since'),
      },
      { check: 'perf-diff', level: 'ok', detail: expect.stringContaining('on since') },
    ]);
    await nexmdm(['flags', 'set', 'read-from-last-status', 'default'], env);
    await nexmdm(['flags', 'set', 'perf-diff', 'default'], env);
    expect(await flags({ QUERY_URL: 'http://127.0.0.1:2' })).toMatchObject([
      { check: 'flags', level: 'warn', detail: expect.stringContaining("can't be asked") },
    ]);
  });

  test('does not wait for servers that froze', async () => {
    servers.postgres.freeze();
    servers.redis.freeze();
    const failed = await failures();
    expect(failed).toContain('postgresql reachable');
    expect(failed).toContain('redis reachable');
    expect(failed).toContain('ingest-api readyz database');
    expect(failed).toContain('ingest-api readyz redis');
  });
});
