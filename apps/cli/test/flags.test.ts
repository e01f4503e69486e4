import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { nexmdm } from './cli-process.ts';

let database: TestDatabase;
let query: AppProcess;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  query = await startApp('query-api', { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url });
  env = { ADMIN_KEY: TEST_ADMIN_KEY, QUERY_URL: query.url };
});

afterAll(async () => {
  await query.stop();
  await database.drop();
});

const flags = (...args: string[]) => nexmdm(['flags', ...args], env);

describe('flags', () => {
  test('set says what it was, that it reaches every process, and who did it', async () => {
    const set = await flags('set', 'read-from-last-status', 'off');
    expect(set).toMatchObject({ code: 0, stdout: 'read-from-last-status: off, was on\n' });
    expect(set.stderr).toContain('every query API within 2 s');

    const get = await flags('get', 'read-from-last-status', '--json');
    expect(JSON.parse(get.stdout)).toMatchObject({
      name: 'read-from-last-status',
      enabled: false,
      source: 'stored',
      changed_by: expect.stringContaining(`${userInfo().username}@`),
    });

    const back = await flags('set', 'read-from-last-status', 'default');
    expect(back.stdout).toBe('read-from-last-status: on (default), was off\n');
  });

  test('get shows all of them', async () => {
    const { code, stdout } = await flags('get');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^FLAG +STATE +DEFAULT/);
    expect(stdout).toMatch(/^perf-diff +off +off +default +- +-/m);
    const json = await flags('get', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      flags: [{ name: 'read-from-last-status' }, { name: 'perf-diff' }],
    });
  });

  test('a dry run changes nothing', async () => {
    const dryRun = await flags('set', 'perf-diff', 'true', '--dry-run');
    expect(dryRun).toMatchObject({
      code: 0,
      stdout: 'Would set perf-diff: off (default) to on; nothing was changed.\n',
    });
    const { stdout } = await flags('set', 'perf-diff', 'on', '--dry-run', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      dry_run: true,
      before: { enabled: false },
      enabled: true,
    });
    expect(await database.query("SELECT 1 FROM flag_changes WHERE name = 'perf-diff'")).toEqual([]);
  });

  test('an unknown flag is said, with those there are', async () => {
    for (const args of [
      ['get', 'no/such'],
      ['set', 'no/such', 'on'],
    ]) {
      const { code, stderr } = await flags(...args);
      expect(code).toBe(1);
      expect(stderr).toContain('read-from-last-status and perf-diff');
    }
  });
});
