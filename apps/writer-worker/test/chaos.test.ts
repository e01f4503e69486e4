import { afterEach, describe, expect, test } from '@jest/globals';
import {
  appEntry,
  IngestClient,
  Load,
  queryDatabase,
  runNode,
  startApp,
  startTestServers,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type RegisteredDevice,
  type TestServers,
} from '@nexmdm/testing';
import { setTimeout as lasting } from 'node:timers/promises';

/** Faults under a load of 2,000 heartbeats a second; what was acknowledged is compared with what is stored. */

const RATE = 2_000;
const DEVICES = 200;
const FAULT_MS = 5_000;
const CATCH_UP_MS = 30_000;

interface Stack {
  servers: TestServers;
  env: Record<string, string>;
  ingest: AppProcess;
  writer: AppProcess;
  devices: RegisteredDevice[];
}

let stack: Stack | undefined;

afterEach(async () => {
  if (stack === undefined) return;
  await Promise.all([stack.ingest.stop(), stack.writer.stop()]);
  await stack.servers.close();
  stack = undefined;
});

async function startStack(): Promise<Stack> {
  const servers = await startTestServers();
  try {
    const env = {
      ADMIN_KEY: TEST_ADMIN_KEY,
      DATABASE_URL: servers.postgres.url,
      REDIS_URL: servers.redis.url,
    };
    await runNode(appEntry('cli'), ['migrate'], env);
    const [ingest, writer] = await Promise.all([
      startApp('ingest-api', env),
      startApp('writer-worker', env),
    ]);
    const client = new IngestClient(ingest.url);
    const devices = await Promise.all(
      Array.from({ length: DEVICES }, (_, index) => client.register(`chaos-${index}`)),
    );
    stack = { servers, env, ingest, writer, devices };
    return stack;
  } catch (error) {
    await servers.close();
    throw error;
  }
}

/** Every stored heartbeat as `<device id> <bucket start in ms>`. */
async function storedHeartbeats(url: string): Promise<string[]> {
  const rows = await queryDatabase<{ key: string }>(
    url,
    `SELECT device_id || ' ' || (extract(epoch FROM ts) * 1000)::bigint AS key FROM device_heartbeats`,
  );
  return rows.map(({ key }) => key);
}

async function expectNothingLost(url: string, acknowledged: ReadonlySet<string>): Promise<void> {
  let stored: string[] = [];
  let missing = [...acknowledged];
  const caughtUp = async () => {
    stored = await storedHeartbeats(url);
    const present = new Set(stored);
    missing = [...acknowledged].filter((key) => !present.has(key));
    return missing.length === 0;
  };
  await waitFor('the writer to catch up', caughtUp, CATCH_UP_MS).catch(() => undefined);
  expect(missing).toEqual([]);
  expect(new Set(stored).size).toBe(stored.length);
}

async function runLoad(stack: Stack, fault: (load: Load) => Promise<void>): Promise<Load> {
  const load = new Load({
    url: () => stack.ingest.url,
    devices: stack.devices,
    ratePerSecond: RATE,
  });
  load.start();
  try {
    await waitFor('a steady load', () => load.acknowledged > 2 * RATE);
    await fault(load);
    const before = load.acknowledged;
    await waitFor('heartbeats taken after the fault', () => load.acknowledged > before + RATE);
  } finally {
    await load.stop();
  }
  return load;
}

describe('under a load of 2,000 heartbeats a second', () => {
  test('kill -9 of the writer, of Redis and an immediate stop of PostgreSQL lose nothing', async () => {
    const running = await startStack();
    const { servers, env } = running;
    const load = await runLoad(running, async (current) => {
      await running.writer.kill();
      await lasting(FAULT_MS);
      running.writer = await startApp('writer-worker', env);

      await servers.redis.kill();
      await lasting(FAULT_MS);
      await servers.redis.start();
      const afterRedis = current.acknowledged;
      await waitFor('heartbeats taken again', () => current.acknowledged > afterRedis + RATE);

      await servers.postgres.kill();
      await lasting(FAULT_MS);
      await servers.postgres.start();
    });
    const { acknowledged, statuses } = load.result;
    await expectNothingLost(servers.postgres.url, acknowledged);
    expect([...statuses.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([]);
    expect(await running.writer.stop()).toBe(0);
  }, 180_000);

  test('SIGTERM of the writer loses nothing and another takes over at once', async () => {
    const running = await startStack();
    const load = await runLoad(running, async () => {
      const started = performance.now();
      expect(await running.writer.stop()).toBe(0);
      expect(performance.now() - started).toBeLessThan(10_000);
      running.writer = await startApp('writer-worker', running.env);
    });
    await expectNothingLost(running.servers.postgres.url, load.result.acknowledged);
    expect([...load.result.statuses.keys()]).toEqual([202]);
  }, 120_000);

  test('a writer that dies while another lives has its entries taken over', async () => {
    const running = await startStack();
    const second = await startApp('writer-worker', running.env);
    try {
      const load = await runLoad(running, async () => {
        // Frozen first, so that it surely dies with entries in hand.
        running.writer.signal('SIGSTOP');
        await lasting(500);
        await running.writer.kill();
      });
      await expectNothingLost(running.servers.postgres.url, load.result.acknowledged);
      expect(second.logs.some(({ event }) => event === 'stream.reclaimed')).toBe(true);
    } finally {
      await second.stop();
    }
  }, 120_000);
});
