import {
  createTestDatabase,
  heartbeatAt,
  IngestClient,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';

export interface Problem {
  status: number;
  detail: string;
  errors?: { path: string; message: string }[];
}

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** A query API, and ingest APIs beside it where devices come in, on a database of their own. */
export interface RegistryStack {
  database: TestDatabase;
  query: AppProcess;
  /** Registers devices. */
  client: IngestClient;
  /** Asks the query API as an operator; a body that isn't text or bytes goes as JSON. */
  call<Body = Problem>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<Body>>;
  /** What each ingest API answers to a heartbeat with a token. */
  send(token: string): Promise<number[]>;
  close(): Promise<void>;
}

/** Apart from the streams of other tests. */
const REDIS_DATABASE = 6;

export async function startRegistryStack(ingestProcesses: number): Promise<RegistryStack> {
  const database = await createTestDatabase();
  const env = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(REDIS_DATABASE),
  };
  const [query, ingests] = await Promise.all([
    startApp('query-api', env),
    Promise.all(Array.from({ length: ingestProcesses }, () => startApp('ingest-api', env))),
  ]);
  const clients = ingests.map(({ url }) => new IngestClient(url));
  return {
    database,
    query,
    client: clients[0] as IngestClient,
    async call(method, path, body, headers = {}) {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await fetch(query.url + path, {
        method,
        headers: {
          'x-admin': TEST_ADMIN_KEY,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? undefined : JSON.parse(text)) as never,
      };
    },
    async send(token) {
      const answers = clients.map((client) =>
        client.heartbeat({ device_token: token }, heartbeatAt(Date.now())),
      );
      return (await Promise.all(answers)).map(({ status }) => status);
    },
    async close() {
      await Promise.all([query, ...ingests].map((app) => app.stop()));
      await database.drop();
    },
  };
}
