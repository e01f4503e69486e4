import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { devicesEventSchema } from '@nexmdm/contracts';
import {
  adminGet,
  appEntry,
  runNode,
  startApp,
  startTestServers,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type TestServers,
} from '@nexmdm/testing';
import { EventStream } from './event-stream.ts';

interface DevicesData {
  changed: number;
  truncated: boolean;
  devices: { id: string; alias: string; monitor_enabled: boolean }[];
  removed: string[];
}

let servers: TestServers;
let apps: AppProcess[];
/** Where changes are made, and where clients listen. */
let [changing, telling]: [AppProcess, AppProcess] = [] as never;
let id: string;
let stream: EventStream;
let made = 0;

beforeAll(async () => {
  servers = await startTestServers();
  const env = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: servers.postgres.url,
    REDIS_URL: servers.redis.url,
  };
  await runNode(appEntry('cli'), ['migrate'], env);
  apps = await Promise.all([startApp('query-api', env), startApp('query-api', env)]);
  [changing, telling] = apps as [AppProcess, AppProcess];
  [id] = (await registerDevices(1)) as [string];
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await servers.close();
});
afterEach(() => {
  stream.close();
});

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const csv = typeof body === 'string';
  return fetch(`${changing.url}/v1/devices${path}`, {
    method,
    headers: {
      'x-admin': TEST_ADMIN_KEY,
      'content-type': csv ? 'text/csv' : 'application/json',
    },
    ...(body === undefined ? {} : { body: csv ? body : JSON.stringify(body) }),
  });
}

async function registerDevices(count: number): Promise<string[]> {
  made += 1;
  const aliases = Array.from({ length: count }, (_, index) => `kiosk ${made}-${index}`);
  const response = await call('POST', '/bulk', ['alias', ...aliases].join('\n'));
  expect(response.status).toBe(201);
  const { devices } = (await response.json()) as { devices: { device_id: string }[] };
  return devices.map(({ device_id }) => device_id);
}

/** Listens, until changes from the other process arrive. */
async function listen(): Promise<void> {
  stream = await EventStream.open(telling.url);
  await waitFor('the feed', () =>
    stream.of<{ available: boolean }>('feed').some(({ available }) => available),
  );
  await waitFor('a change that arrives', async () => {
    await call('PATCH', `/${id}`, { alias: `until heard ${Math.random()}` });
    return stream.of('devices').length > 0;
  });
}

/** The event that says something, whatever of earlier changes comes before it. */
function told(says: (event: DevicesData) => boolean): Promise<DevicesData> {
  return waitFor('the event', () => stream.of<DevicesData>('devices').find(says));
}

/** Messages of the changing process that Redis did not take. */
async function countDropped(): Promise<number> {
  const metrics = await (await adminGet(changing.url, '/metrics')).text();
  return Number(/^change_messages_dropped_total\{.*\} (\d+)$/m.exec(metrics)?.[1]);
}

describe('a change of the registry is told to the clients of every query-api:', () => {
  test('another alias, other monitoring', async () => {
    await listen();
    expect((await call('PATCH', `/${id}`, { alias: 'renamed' })).status).toBe(200);
    const event = await told(({ devices }) => devices[0]?.alias === 'renamed');
    expect(devicesEventSchema.parse(event)).toMatchObject({
      changed: 1,
      truncated: false,
      devices: [{ id }],
      removed: [],
    });
    expect((await call('PATCH', `/${id}`, { monitor_enabled: false })).status).toBe(200);
    await told(({ devices }) => devices[0]?.monitor_enabled === false);
  });

  test('a deletion, and that it was taken back', async () => {
    await listen();
    expect((await call('DELETE', `/${id}`)).status).toBe(204);
    const event = await told(({ removed }) => removed.length > 0);
    expect(devicesEventSchema.parse(event)).toEqual({
      changed: 1,
      truncated: false,
      devices: [],
      removed: [id],
    });
    expect((await call('POST', `/${id}/restore`, { alias: 'is back' })).status).toBe(200);
    await told(({ devices }) => devices[0]?.alias === 'is back');
  });

  test('many new devices, all counted and some named', async () => {
    await listen();
    const ids = await registerDevices(1_500);
    const event = await told(({ changed }) => changed >= 1_500);
    expect(devicesEventSchema.parse(event)).toMatchObject({ truncated: true, removed: [] });
    expect(event.devices).toHaveLength(200);
    expect(event.devices.filter((device) => ids.includes(device.id)).length).toBeGreaterThan(198);
  });

  test('but none that failed', async () => {
    await listen();
    const [other] = (await registerDevices(1)) as [string];
    await call('PATCH', `/${other}`, { alias: 'taken' });
    await told(({ devices }) => devices.some(({ alias }) => alias === 'taken'));
    const before = stream.of('devices').length;
    expect((await call('PATCH', `/${id}`, { alias: 'taken' })).status).toBe(409);
    expect((await call('POST', `/${other}/restore`)).status).toBe(409);
    expect((await call('POST', '/bulk', 'alias\ntaken')).status).toBe(422);
    expect((await call('DELETE', `/${id.replaceAll(/[0-9a-f]/g, '1')}`)).status).toBe(404);
    await call('PATCH', `/${id}`, { alias: 'the next one' });
    await told(({ devices }) => devices[0]?.alias === 'the next one');
    const events = stream.of<DevicesData>('devices').slice(before);
    expect(events.map(({ changed }) => changed)).toEqual([1]);
  });
});

describe('while Redis', () => {
  test.each(['is away', 'does not answer'] as const)(
    '%s a change is made all the same, and later ones are told again',
    async (how) => {
      await listen();
      const dropped = await countDropped();
      if (how === 'is away') await servers.redis.kill();
      else servers.redis.freeze();
      try {
        const changed = await call('PATCH', `/${id}`, { alias: `while Redis ${how}` });
        expect(await changed.json()).toMatchObject({ alias: `while Redis ${how}` });
        await waitFor('the message to be lost', async () => (await countDropped()) > dropped);
      } finally {
        if (how === 'is away') await servers.redis.start();
        else servers.redis.thaw();
      }
      const before = stream.of('devices').length;
      await waitFor('a change that arrives', async () => {
        await call('PATCH', `/${id}`, { alias: `after Redis ${how} ${Math.random()}` });
        return stream.of('devices').length > before;
      });
    },
  );
});
