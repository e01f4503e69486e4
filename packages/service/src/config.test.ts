import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, parseEnvironment, type Environment } from './config.ts';
import { integerSetting, settings } from './settings.ts';

const shape = {
  ADMIN_KEY: settings.adminKey,
  DATABASE_URL: settings.databaseUrl,
  REDIS_URL: settings.redisUrl,
  HOST: settings.host,
  PORT: settings.port(4000),
  LOG_LEVEL: settings.logLevel,
  LOG_DIR: settings.logDir,
  TRUST_PROXY: settings.trustProxy,
  DB_POOL_MAX: settings.dbPoolMax(10),
  STREAM_SHARDS: settings.streamShards,
  HEARTBEAT_INTERVAL_SECONDS: settings.heartbeatIntervalSeconds,
};

const required = {
  ADMIN_KEY: '0123456789abcdef',
  DATABASE_URL: 'postgres://nexmdm:pw@localhost:5432/nexmdm',
  REDIS_URL: 'redis://localhost:6379',
};

function problemsOf(env: Environment): readonly string[] {
  try {
    parseEnvironment(shape, { ...required, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('have defaults where they can', () => {
    expect(parseEnvironment(shape, required)).toEqual({
      ...required,
      HOST: '0.0.0.0',
      PORT: 4000,
      LOG_LEVEL: 'info',
      LOG_DIR: undefined,
      TRUST_PROXY: 0,
      DB_POOL_MAX: 10,
      STREAM_SHARDS: 4,
      HEARTBEAT_INTERVAL_SECONDS: 600,
    });
  });

  test('are trimmed, and frozen', () => {
    const config = parseEnvironment(shape, { ...required, PORT: ' 0 ', LOG_DIR: ' /var/log ' });
    expect(config).toMatchObject({ PORT: 0, LOG_DIR: '/var/log' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test.each([
    ['true', 1],
    ['false', 0],
    ['0', 0],
    ['3', 3],
  ])('take TRUST_PROXY=%s as %i proxies', (text, hops) => {
    expect(parseEnvironment(shape, { ...required, TRUST_PROXY: text }).TRUST_PROXY).toBe(hops);
  });

  test.each([
    ['ADMIN_KEY', 'short', 'must be at least 16 characters long'],
    ['DATABASE_URL', 'localhost', 'must be a URL starting with postgres:// or postgresql://'],
    ['DATABASE_URL', 'mysql://h/db', 'must be a URL starting with postgres:// or postgresql://'],
    ['REDIS_URL', 'http://h', 'must be a URL starting with redis:// or rediss://'],
    ['PORT', '4000x', 'must be a whole number'],
    ['PORT', '1e3', 'must be a whole number'],
    ['PORT', '4.5', 'must be a whole number'],
    ['PORT', '-1', 'must be at least 0'],
    ['PORT', '65536', 'must be at most 65535'],
    ['PORT', '9'.repeat(30), 'must be at most 65535'],
    ['LOG_LEVEL', 'loud', 'must be error, warn, info or debug'],
    ['TRUST_PROXY', 'yes', 'must be true, false or a number of proxies'],
    ['DB_POOL_MAX', '0', 'must be at least 1'],
    ['STREAM_SHARDS', '257', 'must be at most 256'],
    ['HEARTBEAT_INTERVAL_SECONDS', '9', 'must be at least 10'],
  ])('refuse %s=%s with its name, what is wrong and what it means', (name, value, problem) => {
    const [only, ...others] = problemsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(only).toMatch(new RegExp(`^${name}: ${problem.replaceAll('/', '\\/')} \\(.{10,}\\)$`));
  });

  test('count an empty or blank value as not set', () => {
    expect(parseEnvironment(shape, { ...required, PORT: '', LOG_LEVEL: '  ' })).toMatchObject({
      PORT: 4000,
      LOG_LEVEL: 'info',
    });
    expect(problemsOf({ ADMIN_KEY: ' ' })).toEqual([
      'ADMIN_KEY: is required but not set (the key that operators and scrapers send in x-admin)',
    ]);
  });

  test('that are wrong are all named at once', () => {
    const problems = problemsOf({ ADMIN_KEY: undefined, PORT: 'x', STREAM_SHARDS: '0' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'ADMIN_KEY',
      'PORT',
      'STREAM_SHARDS',
    ]);
  });

  test('never show their values in an error, whatever is wrong with them', () => {
    const secret = 'hunter2';
    const env = Object.fromEntries(Object.keys(shape).map((name) => [name, secret]));
    const error = (() => {
      try {
        return parseEnvironment(shape, env);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(ConfigError);
    const { message, stack } = error as ConfigError;
    expect(`${message}${String(stack)}`).not.toContain(secret);
    expect(message).toMatch(/^Bad configuration:\n {2}- ADMIN_KEY: /);
  });

  test('without a meaning are named all the same', () => {
    expect(() => parseEnvironment({ A: z.string() }, {})).toThrow('A: is required but not set');
  });

  test('of whole numbers say their bounds and default in their meaning', () => {
    const setting = integerSetting({ min: 1, max: 9, default: 3, meaning: 'how many' });
    expect(setting.description).toBe('how many; 1 to 9, default 3');
  });
});
