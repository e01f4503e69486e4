import {
  createTestDatabase,
  IngestClient,
  runNode,
  appEntry,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { Redis } from 'ioredis';

/** The whole path of a heartbeat, each service as a process of its own. */
export interface Pipeline {
  env: Readonly<Record<string, string>>;
  client: IngestClient;
  ingest: AppProcess;
  writer: AppProcess;
  query: AppProcess;
  database: TestDatabase;
  redis: Redis;
  close(): Promise<void>;
}

export async function startPipeline(): Promise<Pipeline> {
  const database = await createTestDatabase();
  const redis = new Redis(testRedisUrl());
  await redis.flushdb();
  const env = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
  };
  await runNode(appEntry('cli'), ['migrate'], env);
  const [ingest, writer, query] = await Promise.all([
    startApp('ingest-api', env),
    startApp('writer-worker', env),
    startApp('query-api', env),
  ]);
  return {
    env,
    client: new IngestClient(ingest.url),
    ingest,
    writer,
    query,
    database,
    redis,
    async close() {
      await Promise.all([ingest.stop(), writer.stop(), query.stop()]);
      redis.disconnect();
      await database.drop();
    },
  };
}
