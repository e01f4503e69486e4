import { Agent, get } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  waitFor,
  type TestDatabase,
} from '@nexmdm/testing';

const CLIENTS = 16;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
});

type Outcome = number | 'refused' | 'cut off';

function request(agent: Agent, url: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const req = get(url, { agent, headers: { 'x-admin': TEST_ADMIN_KEY } }, (res) => {
      res.resume();
      res.on('end', () => {
        resolve(res.statusCode ?? 0);
      });
      res.on('error', () => {
        resolve('cut off');
      });
    });
    req.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'cut off');
    });
  });
}

test.each([
  ['kept alive', true],
  ['one for each request', false],
])(
  'SIGTERM under load, connections %s: every request is answered, and the process ends',
  async (_what, keepAlive) => {
    const app = await startApp('query-api', {
      ADMIN_KEY: TEST_ADMIN_KEY,
      DATABASE_URL: database.url,
    });
    const agent = new Agent({ keepAlive });
    const outcomes: Outcome[] = [];
    const client = async () => {
      let outcome: Outcome;
      do {
        outcome = await request(agent, `${app.url}/v1/devices`);
        outcomes.push(outcome);
      } while (outcome === 200);
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    await waitFor('some load', () => outcomes.length > 200);
    const started = performance.now();
    expect(await app.stop()).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    await clients;
    agent.destroy();
    expect(new Set(outcomes)).toEqual(new Set([200, 'refused']));
  },
);
