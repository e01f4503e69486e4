import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { generateFleet, READ_PATHS } from './generated-fleet.ts';

const REACH_MS = 2_000;
const CLIENTS = 8;

let database: TestDatabase;
let apps: AppProcess[];

const start = () =>
  startApp('query-api', { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url });

beforeAll(async () => {
  database = await createTestDatabase();
  await generateFleet(database, { devices: 400, days: 2, heartbeatsPerDevice: 20 });
  apps = await Promise.all([start(), start()]);
}, 60_000);
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await database.drop();
});

async function setFlag(app: AppProcess, enabled: boolean): Promise<void> {
  const answer = await fetch(`${app.url}/ops/flags/read-from-last-status`, {
    method: 'PUT',
    headers: { 'x-admin': TEST_ADMIN_KEY, 'content-type': 'application/json' },
    body: JSON.stringify({ enabled }),
  });
  expect(answer.status).toBe(200);
}

/** Clients that ask without a pause; what they were answered, and in which way it was read. */
class Askers {
  readonly answers: { status: number; path: string | null; at: number }[] = [];
  readonly #running: Promise<void>[] = [];
  #stopped = false;

  constructor(app: AppProcess) {
    for (let client = 0; client < CLIENTS; client += 1) this.#running.push(this.#ask(app, client));
  }

  async #ask(app: AppProcess, first: number): Promise<void> {
    for (let turn = first; !this.#stopped; turn += 1) {
      const asked = performance.now();
      const answer = await adminGet(app.url, READ_PATHS[turn % READ_PATHS.length] as string);
      await answer.arrayBuffer();
      const path = answer.headers.get('x-read-path');
      this.answers.push({ status: answer.status, path, at: asked });
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }
}

describe('the kill switch', () => {
  test('changes the way of reading of every process under load, and no request fails', async () => {
    const askers = apps.map((app) => new Askers(app));
    const flips: { path: string; from: number; by: number }[] = [];
    for (const [turn, enabled] of [false, true, false].entries()) {
      await setFlag(apps[turn % 2] as AppProcess, enabled);
      const changed = performance.now();
      const path = enabled ? 'fast' : 'legacy';
      await waitFor('answers of long after the change', () =>
        askers.every(({ answers }) => Number(answers.at(-1)?.at) > changed + REACH_MS + 500),
      );
      flips.push({ path, from: changed + REACH_MS, by: performance.now() });
    }
    await Promise.all(askers.map((one) => one.stop()));
    for (const { answers } of askers) {
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      for (const { path, from, by } of flips) {
        const during = answers.filter(({ at }) => at > from && at < by);
        expect(during.length).toBeGreaterThan(0);
        expect(new Set(during.map((answer) => answer.path))).toEqual(new Set([path]));
      }
    }
  }, 60_000);

  test('stays where it is when the processes start again', async () => {
    await Promise.all(apps.map((app) => app.stop()));
    apps = await Promise.all([start(), start()]);
    for (const app of apps) {
      const answer = await adminGet(app.url, '/v1/devices?limit=1');
      expect(answer.headers.get('x-read-path')).toBe('legacy');
    }
    await setFlag(apps[0] as AppProcess, true);
  });
});
