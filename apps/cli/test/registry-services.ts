import {
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type TestDatabase,
} from '@nexmdm/testing';

/** What the commands about devices speak to, on a database of their own. */
export interface RegistryServices {
  database: TestDatabase;
  ingestUrl: string;
  /** For the commands. */
  env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** @param redisDatabase apart from those of other tests */
export async function startRegistryServices(redisDatabase: number): Promise<RegistryServices> {
  const database = await createTestDatabase();
  const settings = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(redisDatabase),
  };
  const [ingest, query] = await Promise.all([
    startApp('ingest-api', settings),
    startApp('query-api', settings),
  ]);
  return {
    database,
    ingestUrl: ingest.url,
    env: { ADMIN_KEY: TEST_ADMIN_KEY, INGEST_URL: ingest.url, QUERY_URL: query.url },
    async close() {
      await Promise.all([ingest.stop(), query.stop()]);
      await database.drop();
    },
  };
}
