import { fork, type ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHANGES_CHANNEL, encodeChanges } from '@nexmdm/stream';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import { Redis } from 'ioredis';
import type { CrowdReport } from './event-crowd.ts';
import { EventStream } from './event-stream.ts';

const CLIENTS = 2_000;
const WITH_DEVICES = 100;
/** One at once and one every five seconds: about a minute. */
const COUNTS_EACH = 12;
const MAX_GROWTH_BYTES = 300 * 1024 * 1024;
const CHANGED_AT_ONCE = 1_000;

let database: TestDatabase;
let redis: Redis;
let app: AppProcess;
let crowd: ChildProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  // With texts as long as they may be, so that events are as large as they get.
  await database.query(
    `INSERT INTO devices (id, alias, model, build_id)
     SELECT gen_random_uuid(), repeat('x', 190) || n, repeat('y', 100), repeat('z', 100)
     FROM generate_series(1, $1) n`,
    [CHANGED_AT_ONCE],
  );
  redis = new Redis(testRedisUrl());
  app = await startApp('query-api', {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(),
  });
});
afterAll(async () => {
  crowd.disconnect();
  await app.stop();
  redis.disconnect();
  await database.drop();
});

function startCrowd(): void {
  const script = fileURLToPath(new URL('event-crowd.ts', import.meta.url));
  const args = [app.url, TEST_ADMIN_KEY, String(CLIENTS), String(WITH_DEVICES)];
  crowd = fork(script, args, { execArgv: [] });
}

/** Waits for a report for which it is so; at each that comes before, something can be done. */
async function reported(
  isSo: (report: CrowdReport) => boolean,
  meanwhile: () => Promise<void> = async () => {},
): Promise<CrowdReport> {
  for await (const [report] of on(crowd, 'message') as AsyncIterable<[CrowdReport]>) {
    if (isSo(report)) return report;
    await meanwhile();
  }
  throw new Error('the crowd is gone');
}

async function readMetrics(): Promise<(name: string) => number> {
  const lines = (await (await adminGet(app.url, '/metrics')).text()).split('\n');
  return (name) =>
    Number(
      lines
        .find((line) => line.startsWith(name))
        ?.split(' ')
        .at(-1),
    );
}
const CLIENTS_NOW = 'sse_clients{';
const MEMORY = 'process_resident_memory_bytes{';
const DROPPED = 'sse_clients_dropped_total{reason="backlog"';

test('2,000 clients listen for a minute in bounded memory, and one that doesn’t read is dropped', async () => {
  const ids = (await database.query<{ id: string }>('SELECT id FROM devices')).map(({ id }) => id);
  const memoryBefore = (await readMetrics())(MEMORY);
  startCrowd();
  await reported(({ open, fewestCounts }) => open === CLIENTS && fewestCounts > 0);
  const stalled = await EventStream.open(app.url);
  stalled.pause();
  let metrics = await readMetrics();
  expect(metrics(CLIENTS_NOW)).toBe(CLIENTS + 1);

  let mostMemory = 0;
  const last = await reported(
    ({ fewestCounts }) => fewestCounts >= COUNTS_EACH,
    async () => {
      // More devices at once than an event holds, until the client that doesn't read is dropped.
      const some = metrics(DROPPED) === 0 ? ids : ids.slice(0, 3);
      await redis.publish(CHANGES_CHANNEL, encodeChanges({ changed: some.length, ids: some }));
      metrics = await readMetrics();
      mostMemory = Math.max(mostMemory, metrics(MEMORY));
    },
  );
  expect(last).toMatchObject({ open: CLIENTS, over: 0 });
  expect(last.fewestDevices).toBeGreaterThan(COUNTS_EACH);
  expect(metrics(DROPPED)).toBe(1);
  expect(metrics(CLIENTS_NOW)).toBe(CLIENTS);
  stalled.resume();
  expect(await stalled.over).toBe(false);
  expect(mostMemory - memoryBefore).toBeLessThan(MAX_GROWTH_BYTES);

  expect(await app.stop()).toBe(0);
  expect(await reported(({ over }) => over === CLIENTS)).toMatchObject({ ended: CLIENTS });
}, 120_000);
