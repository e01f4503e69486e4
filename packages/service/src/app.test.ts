import { afterEach, describe, expect, test } from '@jest/globals';
import { ADMIN, ADMIN_KEY, startTestApp, type TestApp, type TestAppOptions } from '../test/app.ts';

const apps: TestApp[] = [];
afterEach(() => {
  for (const app of apps.splice(0)) app.close();
});

async function startApp(options?: TestAppOptions): Promise<TestApp> {
  const app = await startTestApp(options);
  apps.push(app);
  return app;
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({
    status: response.status,
    request_id: response.headers.get('x-request-id'),
  });
  return problem;
}

describe('health', () => {
  test.each(['/livez', '/healthz'])(
    '%s says that the process lives, whatever it depends on',
    async (path) => {
      const { url } = await startApp({
        checks: { database: () => Promise.reject(new Error('gone')) },
      });
      const response = await fetch(url + path);
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    },
  );

  test('/readyz names what works and what doesn’t, and the change is logged once', async () => {
    let broken = false;
    const { url, logs } = await startApp({
      checks: {
        database: () => (broken ? Promise.reject(new Error('no answer')) : Promise.resolve(1)),
        redis: () => Promise.resolve(),
      },
    });
    const answer = async () => {
      const response = await fetch(`${url}/readyz`);
      return [response.status, await response.json()];
    };
    const good = { ready: true, status: 'ready', checks: { database: 'ok', redis: 'ok' } };
    expect(await answer()).toEqual([200, good]);
    broken = true;
    const bad = {
      ready: false,
      status: 'not_ready',
      checks: { database: 'no answer', redis: 'ok' },
    };
    expect(await answer()).toEqual([503, bad]);
    expect(await answer()).toEqual([503, bad]);
    broken = false;
    expect(await answer()).toEqual([200, good]);
    expect(logs.map(({ level, fields }) => [level, fields['status']])).toEqual([
      ['info', 'ready'],
      ['warn', 'not_ready'],
      ['info', 'ready'],
    ]);
  });

  test('/readyz answers though a check hangs or throws at once', async () => {
    const { url } = await startApp({
      checks: {
        hanging: () => new Promise(() => {}),
        throwing: () => {
          throw new Error('no promise');
        },
      },
    });
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      {
        ready: false,
        status: 'not_ready',
        checks: { hanging: 'no answer within 2000 ms', throwing: 'no promise' },
      },
    ]);
  });

  test('/readyz says that the process is draining', async () => {
    const { url, health } = await startApp({ checks: { database: () => Promise.resolve() } });
    health.drain();
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, status: 'draining', checks: { database: 'ok' } },
    ]);
  });
});

describe('the admin key', () => {
  test('opens /metrics, in each header it may stand in', async () => {
    const { url } = await startApp();
    for (const headers of [
      ADMIN,
      { 'x-admin-key': ADMIN_KEY },
      { authorization: `Bearer ${ADMIN_KEY}` },
    ]) {
      const response = await fetch(`${url}/metrics`, { headers });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await response.text()).toContain('process_cpu_seconds_total{service="test"}');
    }
    const problem = await problemOf(await fetch(`${url}/metrics`));
    expect(problem).toMatchObject({ status: 401, type: 'urn:nexmdm:problem:admin-key-required' });
  });

  test('works on while wrong ones from the same address are told to wait', async () => {
    const { url } = await startApp();
    const wrong = () => fetch(`${url}/metrics`, { headers: { 'x-admin': 'wrong' } });
    for (let attempt = 0; attempt < 20; attempt += 1) expect((await wrong()).status).toBe(401);
    const refused = await wrong();
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemOf(refused)).toMatchObject({ status: 429, title: 'Too Many Requests' });
    expect((await fetch(`${url}/metrics`, { headers: ADMIN })).status).toBe(200);
    expect((await wrong()).status).toBe(429);
  });

  test.each([
    [0, 429],
    [1, 401],
  ])('is counted by forwarded address only behind a proxy (%i of them)', async (hops, last) => {
    const { url } = await startApp({ trustProxyHops: hops });
    let response: Response | undefined;
    for (let client = 0; client <= 20; client += 1) {
      response = await fetch(`${url}/metrics`, {
        headers: { 'x-forwarded-for': `10.0.0.${client}` },
      });
    }
    expect(response?.status).toBe(last);
  });
});
