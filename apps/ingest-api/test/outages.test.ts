import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  appEntry,
  heartbeatAt,
  IngestClient,
  Load,
  runNode,
  startApp,
  startTestServers,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type RegisteredDevice,
  type TestServers,
} from '@nexmdm/testing';
import { Redis } from 'ioredis';

/** PostgreSQL and Redis really stopped, full, or set up wrongly, under a running ingest API. */

let servers: TestServers;
let env: Record<string, string>;
let app: AppProcess;
let client: IngestClient;
let device: RegisteredDevice;

beforeAll(async () => {
  servers = await startTestServers();
  env = {
    DATABASE_URL: servers.postgres.url,
    REDIS_URL: servers.redis.url,
    ADMIN_KEY: TEST_ADMIN_KEY,
  };
  await runNode(appEntry('cli'), ['migrate'], env);
  app = await startApp('ingest-api', env);
  client = new IngestClient(app.url);
  device = await client.register('cached');
});
afterAll(async () => {
  await app.stop();
  await servers.close();
});
beforeEach(async () => {
  await waitFor('a working ingest API', async () => (await send(device)).status === 202, 30_000);
});

const send = (to: RegisteredDevice) => client.heartbeat(to, heartbeatAt(Date.now()));
const readiness = async () => {
  const response = await fetch(`${app.url}/readyz`);
  return { status: response.status, body: await response.text() };
};

function expectComeBackLater(response: Response): void {
  expect(response.status).toBe(503);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

async function redisCommand(...command: [string, ...(string | number)[]]): Promise<void> {
  const redis = new Redis(servers.redis.url);
  try {
    await redis.call(...command);
  } finally {
    redis.disconnect();
  }
}

describe('with Redis stopped', () => {
  test('heartbeats get 503, and 202 again once it is back', async () => {
    await servers.redis.kill();
    try {
      expectComeBackLater(await send(device));
      expectComeBackLater(await client.heartbeats(device, new Date(), [heartbeatAt(Date.now())]));
      await waitFor('an honest readiness', async () => (await readiness()).status === 503);
      expect((await fetch(`${app.url}/livez`)).status).toBe(200);
    } finally {
      await servers.redis.start();
    }
    await waitFor('a 202', async () => (await send(device)).status === 202);
    expect(await readiness()).toMatchObject({ status: 200 });
  });
});

describe('with Redis out of memory', () => {
  test('heartbeats get 503, and 202 again once there is room', async () => {
    await redisCommand('CONFIG', 'SET', 'maxmemory', '1');
    try {
      expectComeBackLater(await send(device));
    } finally {
      await redisCommand('CONFIG', 'SET', 'maxmemory', '0');
    }
    expect((await send(device)).status).toBe(202);
  });
});

describe('with a Redis that may throw data away', () => {
  test('it is not ready and says why', async () => {
    await redisCommand('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      const { status, body } = await readiness();
      expect(status).toBe(503);
      expect(body).toContain('maxmemory-policy is allkeys-lru, it must be noeviction');
    } finally {
      await redisCommand('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    }
    expect(await readiness()).toMatchObject({ status: 200 });
  });
});

describe('with more waiting than INGEST_MAX_BACKLOG', () => {
  test('heartbeats get 503', async () => {
    const small = await startApp('ingest-api', { ...env, INGEST_MAX_BACKLOG: '5' });
    try {
      // Nothing reads the streams here, so every heartbeat of this file waits in them.
      for (let count = 0; count < 10; count += 1) await send(device);
      const refused = await waitFor('a 503', async () => {
        const response = await new IngestClient(small.url).heartbeat(
          device,
          heartbeatAt(Date.now()),
        );
        return response.status === 503 && response;
      });
      expectComeBackLater(refused);
    } finally {
      await small.stop();
    }
  });
});

describe('with PostgreSQL stopped', () => {
  test('a cached token works; one that is not cached gets 503, never 401', async () => {
    const uncached = await client.register('not cached');
    await servers.postgres.kill();
    try {
      expect((await send(device)).status).toBe(202);
      expectComeBackLater(await send(uncached));
      expectComeBackLater(await send({ device_id: '', device_token: 'unknown to all' }));
      const register = await client.post(
        '/v1/register',
        { alias: 'during the outage' },
        { 'x-admin': TEST_ADMIN_KEY },
      );
      expectComeBackLater(register);
      expect(await register.text()).toContain('may or may not have been registered');
      await waitFor('an honest readiness', async () => (await readiness()).status === 503);
    } finally {
      await servers.postgres.start();
    }
    await waitFor('a 202', async () => (await send(uncached)).status === 202);
    expect((await send({ device_id: '', device_token: 'unknown to all' })).status).toBe(401);
  });

  test('a frozen PostgreSQL gets 503 in bounded time', async () => {
    const uncached = await client.register('not cached either');
    servers.postgres.freeze();
    try {
      expect((await send(device)).status).toBe(202);
      expectComeBackLater(await send(uncached));
    } finally {
      servers.postgres.thaw();
    }
    await waitFor('a 202', async () => (await send(uncached)).status === 202);
  });
});

describe('SIGTERM under load', () => {
  test('exits in time, cuts no request off and says that it is draining', async () => {
    const stopping = await startApp('ingest-api', env);
    const url = stopping.url;
    const load = new Load({ url: () => url, devices: [device], ratePerSecond: 500 });
    load.start();
    await waitFor('some load', () => load.acknowledged > 200);
    const started = performance.now();
    stopping.signal('SIGTERM');
    await waitFor('draining', async () => {
      const response = await fetch(`${url}/readyz`);
      return (await response.text()).includes('draining');
    });
    expect(await stopping.exited).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    const { cutOff, statuses } = await load.stop();
    expect(cutOff).toBe(0);
    expect([...statuses.keys()]).toEqual([202]);
  });
});

describe('bad configuration', () => {
  test.each([
    ['ADMIN_KEY', 'short', 'must be at least 16 characters long'],
    ['ADMIN_KEY', '', 'is required but not set'],
    ['DATABASE_URL', 'mysql://root:hunter2@localhost/x', 'must be a URL starting with'],
    ['PORT', 'http', 'must be a whole number'],
    ['STREAM_SHARDS', '0', 'must be at least 1'],
    ['TRUST_PROXY', 'yes', 'must be true, false or a number of proxies'],
  ])('%s=%p stops the start', async (name, value, problem) => {
    const { code, stderr } = await runNode(
      appEntry('ingest-api'),
      [],
      { ...env, [name]: value },
      { anyCode: true },
    );
    expect(code).toBe(78);
    expect(stderr).toContain(`${name}: ${problem}`);
    expect(stderr).not.toContain('hunter2');
  });
});
