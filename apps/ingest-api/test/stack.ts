import {
  createTestDatabase,
  IngestClient,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';

/** An ingest API as a process of its own, on a database of its own. */
export interface IngestStack {
  app: AppProcess;
  client: IngestClient;
  database: TestDatabase;
  /** Starts another one beside it. */
  another(env?: Readonly<Record<string, string>>): Promise<AppProcess>;
  close(): Promise<void>;
}

export async function startIngest(
  env: Readonly<Record<string, string>> = {},
): Promise<IngestStack> {
  const database = await createTestDatabase();
  const start = (more: Readonly<Record<string, string>>) =>
    startApp('ingest-api', {
      ADMIN_KEY: TEST_ADMIN_KEY,
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      ...env,
      ...more,
    });
  const apps = [await start({})];
  const [app] = apps as [AppProcess];
  return {
    app,
    client: new IngestClient(app.url),
    database,
    async another(more = {}) {
      const one = await start(more);
      apps.push(one);
      return one;
    },
    async close() {
      await Promise.all(apps.map((one) => one.stop()));
      await database.drop();
    },
  };
}
