import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  countsEventSchema,
  devicesEventSchema,
  feedEventSchema,
  type CountsEvent,
} from '@nexmdm/contracts';
import {
  adminGet,
  appEntry,
  heartbeatAt,
  IngestClient,
  runNode,
  startApp,
  startTestServers,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type RegisteredDevice,
  type TestServers,
} from '@nexmdm/testing';
import { EventStream } from './event-stream.ts';

interface DevicesData {
  changed: number;
  truncated: boolean;
  devices: { id: string; battery_pct: number | null; status: string }[];
}

let servers: TestServers;
let env: Record<string, string>;
let apps: AppProcess[] = [];
let ingest: AppProcess;
let query: AppProcess;
let client: IngestClient;
let devices: RegisteredDevice[];
const opened: EventStream[] = [];

beforeAll(async () => {
  servers = await startTestServers();
  env = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: servers.postgres.url,
    REDIS_URL: servers.redis.url,
  };
  await runNode(appEntry('cli'), ['migrate'], env);
  [ingest, query] = await Promise.all([
    startApp('ingest-api', env),
    startApp('query-api', env),
    startApp('writer-worker', env).then((writer) => apps.push(writer)),
  ]);
  apps.push(ingest, query);
  client = new IngestClient(ingest.url);
  devices = await Promise.all([1, 2, 3].map((number) => client.register(`kiosk ${number}`)));
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await servers.close();
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.close();
});

async function open(path?: string, url = query.url): Promise<EventStream> {
  const stream = await EventStream.open(url, path);
  opened.push(stream);
  return stream;
}
async function beat(device: RegisteredDevice, pct = 50): Promise<void> {
  const battery = { pct, charging: false, temperature_c: 20 };
  const answer = await client.heartbeat(device, heartbeatAt(Date.now(), { battery }));
  expect(answer.status).toBe(202);
}
const devicesOf = (stream: EventStream) =>
  stream.of<DevicesData>('devices').flatMap((event) => event.devices);
const metricsOf = async (app: AppProcess) => (await adminGet(app.url, '/metrics')).text();

describe('a client of /v1/events', () => {
  test('is told how things stand, then the counts every five seconds', async () => {
    const stream = await open();
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(stream.headers).not.toHaveProperty('content-encoding');
    await stream.until('feed');
    expect(stream.notes).toEqual(['retry: 3000']);
    expect(stream.events.map(({ event }) => event)).toEqual(['counts', 'feed']);
    const counts = await stream.until<CountsEvent>('counts', 3);
    for (const one of counts) expect(countsEventSchema.parse(one)).toMatchObject({ total: 3 });
    const times = counts.map(({ at }) => at);
    expect(times).toEqual([...new Set(times)].sort());
  });

  test('gets the device that sent a heartbeat, as the API shows it', async () => {
    const stream = await open();
    expect(await stream.until('feed')).toEqual([{ available: true }]);
    await beat(devices[0]!, 71);
    const [event] = await stream.until('devices');
    expect(devicesEventSchema.parse(event)).toMatchObject({
      changed: 1,
      truncated: false,
      devices: [{ id: devices[0]?.device_id, battery_pct: 71, status: 'online' }],
      removed: [],
    });
    const shown = await adminGet(query.url, `/v1/devices/${String(devices[0]?.device_id)}`);
    expect(event).toMatchObject({ devices: [await shown.json()] });
  });

  test('sees every change, at most one event a second, with ids that grow', async () => {
    const stream = await open();
    await stream.until('feed');
    for (const pct of [60, 61, 62, 63]) {
      await beat(devices[1]!, pct);
      await waitFor(`battery ${pct}`, () =>
        devicesOf(stream).some((device) => device.battery_pct === pct),
      );
    }
    await stream.until('counts', 2);
    const ids = stream.events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });

  test('may ask for the counts alone', async () => {
    const [counts, all] = await Promise.all([open('/v1/events?devices=false'), open()]);
    await Promise.all([counts.until('counts'), all.until('feed')]);
    await beat(devices[2]!);
    await all.until('devices');
    await counts.until('counts', 2);
    expect(new Set(counts.events.map(({ event }) => event))).toEqual(new Set(['counts']));
  });

  test('gets a 64-bit number exactly', async () => {
    const stream = await open();
    await stream.until('feed');
    const exact = '9223372036854775807';
    const body = JSON.stringify(heartbeatAt(Date.now())).replace('20401', exact);
    const headers = { authorization: `Bearer ${String(devices[0]?.device_token)}` };
    expect((await client.post('/v1/heartbeat', body, headers)).status).toBe(202);
    const [event] = await stream.until('devices');
    expect(event).toMatchObject({ devices: [{ installed_apk_version_code: BigInt(exact) }] });
  });
});

describe('/v1/events', () => {
  test('needs the admin key', async () => {
    for (const headers of [{}, { 'x-admin': `${TEST_ADMIN_KEY}x` }]) {
      const stream = await EventStream.open(query.url, '/v1/events', headers);
      expect([stream.status, await stream.over]).toEqual([401, true]);
    }
  });

  test.each([
    ['GET', '/v1/events?devices=maybe', 422],
    ['GET', '/v1/events?since=1', 422],
    ['POST', '/v1/events', 405],
    ['HEAD', '/v1/events', 200],
  ])('answers %s %s with %i, and is done', async (method, path, status) => {
    const headers = { 'x-admin': TEST_ADMIN_KEY };
    const response = await fetch(`${query.url}${path}`, { method, headers });
    await response.arrayBuffer();
    expect(response.status).toBe(status);
  });

  test('counts its clients, and takes no more than it may', async () => {
    const small = await startApp('query-api', { ...env, EVENTS_MAX_CLIENTS: '2' });
    apps.push(small);
    const first = await open(undefined, small.url);
    await (await open(undefined, small.url)).until('counts');
    expect(await metricsOf(small)).toContain('sse_clients{service="query-api"} 2\n');
    const refused = await adminGet(small.url, '/v1/events');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.text()).toContain('EVENTS_MAX_CLIENTS');
    first.close();
    await waitFor('room for another', async () => {
      const next = await open(undefined, small.url);
      return next.status === 200;
    });
  });
});

describe('while Redis is away', () => {
  test('the counts go on, and `feed` says it, without a client lost', async () => {
    const streams = await Promise.all([open(), open(), open()]);
    await Promise.all(streams.map((stream) => stream.until('feed')));
    await servers.redis.kill();
    for (const stream of streams) {
      expect(await stream.until('feed', 2)).toEqual([{ available: true }, { available: false }]);
    }
    const late = await open();
    const counted = late.of('counts').length;
    expect(await late.until('feed')).toEqual([{ available: false }]);
    await late.until('counts', counted + 2);
    await servers.redis.start();
    for (const stream of [...streams, late]) {
      const feed = await stream.until('feed', stream === late ? 2 : 3);
      expect(feedEventSchema.parse(feed.at(-1))).toEqual({ available: true });
    }
    await waitFor('a heartbeat that arrives', async () => {
      const answer = await client.heartbeat(devices[0]!, heartbeatAt(Date.now()));
      return answer.status === 202;
    });
    for (const stream of [...streams, late]) await stream.until('devices');
  });

  test('and without REDIS_URL there are the counts', async () => {
    const { REDIS_URL: _, ...without } = env;
    const alone = await startApp('query-api', without);
    apps.push(alone);
    const stream = await open(undefined, alone.url);
    expect(await stream.until('feed')).toEqual([{ available: false }]);
    expect(stream.of('counts')).toHaveLength(1);
  });
});

describe('while the database is away', () => {
  test('no counts come, clients stay, and it is logged once', async () => {
    const stream = await open();
    await stream.until('feed');
    await servers.postgres.kill();
    const away = () => query.logs.filter(({ event }) => event === 'events.database_unavailable');
    await waitFor('the log to say it', () => away().length === 1);
    const late = await open();
    await late.until('feed');
    expect(late.of('counts')).toEqual([]);
    const before = stream.of('counts').length;
    await servers.postgres.start();
    await Promise.all([stream.until('counts', before + 1), late.until('counts')]);
    expect(away()).toHaveLength(1);
    await beat(devices[0]!, 33);
    await waitFor('the device', () =>
      devicesOf(stream).some((device) => device.battery_pct === 33),
    );
  });
});

describe('a stop', () => {
  test('ends every stream as it should, and then the process, soon', async () => {
    const app = await startApp('query-api', env);
    const streams = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        EventStream.open(app.url, index % 2 === 0 ? '/v1/events' : '/v1/events?devices=false'),
      ),
    );
    await Promise.all(streams.map((stream) => stream.until('counts')));
    const over = Promise.all(streams.map((stream) => stream.over));
    const started = performance.now();
    expect(await app.stop()).toBe(0);
    // Well within the ten seconds that orchestrators give.
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(new Set(await over)).toEqual(new Set([true]));
    expect(app.logs.map(({ event }) => event)).toContain('process.stopped');
  });
});
