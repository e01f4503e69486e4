import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createTestDatabase,
  queryDatabase,
  testRedisUrl,
  type TestDatabase,
} from '@nexmdm/testing';
import { nexmdm } from './cli-process.ts';

let database: TestDatabase;
let env: Record<string, string>;
const name = `empty_${randomUUID().replaceAll('-', '')}`;

beforeAll(async () => {
  database = await createTestDatabase();
  await queryDatabase(database.url, `CREATE DATABASE ${name}`);
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  env = { DATABASE_URL: url.href, REDIS_URL: testRedisUrl(1), PARTITION_DAYS_AHEAD: '3' };
});

afterAll(async () => {
  await queryDatabase(database.url, `DROP DATABASE ${name} WITH (FORCE)`);
  await database.drop();
});

async function migrate(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await nexmdm(['migrate', '--json', ...args], env);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('migrate', () => {
  test('says what is missing, makes it, and then has nothing to do', async () => {
    const missing = await migrate('--dry-run');
    expect(missing).toMatchObject({ dry_run: true, stream_groups: 4 });
    expect(missing['migrations']).toContain('202611230900_devices__create');
    expect(missing['partitions']).toHaveLength(4);
    const tables = () =>
      queryDatabase(
        String(env['DATABASE_URL']),
        "SELECT 1 FROM pg_tables WHERE schemaname = 'public'",
      );
    expect(await tables()).toEqual([]);

    expect(await migrate()).toEqual({ ...missing, dry_run: false });
    expect(await tables()).not.toEqual([]);

    const nothing = { migrations: [], partitions: [], stream_groups: 0 };
    expect(await migrate('--dry-run')).toEqual({ dry_run: true, ...nothing });
    expect(await migrate()).toEqual({ dry_run: false, ...nothing });
    const { stdout } = await nexmdm(['migrate'], env);
    expect(stdout).toBe('Everything is there already.\n');
  });

  test('changes nothing while Redis is away, and says so in one line', async () => {
    const away = { ...env, REDIS_URL: 'redis://:hidden@127.0.0.1:1' };
    const { code, stdout, stderr } = await nexmdm(['migrate'], away);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Error: Redis at 127\.0\.0\.1:1 can't be used: .*REDIS_URL.*\n$/);
    expect(stderr).not.toContain('hidden');
  });
});
