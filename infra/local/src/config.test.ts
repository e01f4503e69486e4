import { expect, test } from '@jest/globals';
import { parseConfig } from './config.ts';

test('nothing has to be set', () => {
  expect(parseConfig({ INGEST_PORT: ' ' }, '/project')).toMatchObject({
    dataDir: '/project/.nexmdm',
    host: '127.0.0.1',
    ingestPort: 4000,
    queryPort: 4001,
    writerPort: 4003,
    postgresPort: 15_432,
    redisPort: 16_379,
    simulateDevices: 25,
    simulateIntervalSeconds: 60,
    databaseUrl: undefined,
    redisUrl: undefined,
    adminKey: undefined,
  });
});

test('a relative data folder is one of the project', () => {
  expect(parseConfig({ NEXMDM_DATA_DIR: 'data' }, '/project').dataDir).toBe('/project/data');
  expect(parseConfig({ NEXMDM_DATA_DIR: '/data' }, '/project').dataDir).toBe('/data');
});

test('every bad value is named, and none is repeated', () => {
  const parse = () =>
    parseConfig(
      {
        INGEST_PORT: '4000x',
        QUERY_PORT: '70000',
        DATABASE_URL: 'mysql://secret@host',
        REDIS_URL: 'not a secret',
        ADMIN_KEY: 'secret',
        SIMULATE_DEVICES: '-1',
      },
      '/project',
    );
  for (const name of ['INGEST_PORT', 'QUERY_PORT', 'DATABASE_URL', 'REDIS_URL', 'ADMIN_KEY']) {
    expect(parse).toThrow(name);
  }
  expect(parse).toThrow('SIMULATE_DEVICES');
  expect(parse).not.toThrow('secret');
});

test('two parts cannot have one port', () => {
  expect(() => parseConfig({ INGEST_PORT: '4001' }, '/project')).toThrow(
    'INGEST_PORT and QUERY_PORT are the same port (4001)',
  );
});
