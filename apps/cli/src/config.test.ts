import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inspectConfig, readConfig } from './config.ts';

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'nexmdm-data-'));
  const lines = ['ADMIN_KEY=of-the-local-stack=', 'REDIS_URL=redis://:p%3D@127.0.0.1:1', ''];
  await writeFile(path.join(dataDir, 'env'), lines.join('\n'));
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

describe('readConfig', () => {
  test('takes from the running local stack what the environment does not have', () => {
    const config = readConfig({
      NEXMDM_DATA_DIR: dataDir,
      REDIS_URL: 'redis://other',
      ADMIN_KEY: ' ',
    });
    expect(config.adminKey).toBe('of-the-local-stack=');
    expect(config.redisUrl).toBe('redis://other');
    expect(config.databaseUrl).toBeUndefined();
    expect(config.ingestUrl).toBe('http://127.0.0.1:4000');
  });

  test('names every bad setting and repeats no value', () => {
    const read = () => readConfig({ ADMIN_KEY: 'short', QUERY_URL: 'ftp://secret' });
    expect(read).toThrow(/ADMIN_KEY(.|\n)*QUERY_URL/);
    expect(read).not.toThrow('secret');
  });
});

test('inspectConfig goes on with what can be used', () => {
  const { config, problems } = inspectConfig({
    NEXMDM_DATA_DIR: dataDir,
    STREAM_SHARDS: 'many',
    DB_POOL_MAX: '0',
    REDIS_URL: 'redis://other',
  });
  expect(problems.map((problem) => problem.split(':')[0])).toEqual([
    'STREAM_SHARDS',
    'DB_POOL_MAX',
  ]);
  expect(config.streamShards).toBe(4);
  expect(config.redisUrl).toBe('redis://other');
});
