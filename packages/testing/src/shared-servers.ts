import type { TestServers } from './servers.ts';

const DATABASE_VARIABLE = 'NEXMDM_TEST_DATABASE_URL';
const REDIS_VARIABLE = 'NEXMDM_TEST_REDIS_URL';

let servers: TestServers | undefined;

/** Lets the tests of this run find the servers; they run in another context than the setup. */
export function shareServers(started: TestServers): void {
  servers = started;
  process.env[DATABASE_VARIABLE] = started.postgres.url;
  process.env[REDIS_VARIABLE] = started.redis.url;
}

export function sharedServers(): TestServers | undefined {
  return servers;
}

/** The database that has the tables and no data; copy it, don't use it. */
export function templateDatabaseUrl(): string {
  return requireVariable(DATABASE_VARIABLE);
}

/** The run's Redis; its databases 0 to 15 are apart from each other. */
export function testRedisUrl(database = 0): string {
  const url = new URL(requireVariable(REDIS_VARIABLE));
  url.pathname = `/${database}`;
  return url.href;
}

function requireVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: the jest config of this package lacks the global setup`);
  }
  return value;
}
