import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  agentPayload,
  agentPayloadNames,
  heartbeatAt,
  TEST_ADMIN_KEY,
  waitFor,
  type RegisteredDevice,
} from '@nexmdm/testing';
import { startIngest, type IngestStack } from './stack.ts';

interface Problem {
  status: number;
  title: string;
  detail: unknown;
  errors?: { path: string; message: string }[];
  request_id: string;
}

let stack: IngestStack;
let device: RegisteredDevice;
let bearer: { authorization: string };

beforeAll(async () => {
  stack = await startIngest({ TRUST_PROXY: '1' });
  device = await stack.client.register('answers');
  bearer = { authorization: `Bearer ${device.device_token}` };
});
afterAll(async () => {
  await stack.close();
});

async function problemOf(response: Response, status: number): Promise<Problem> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(status);
  expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  return problem;
}

describe('POST /v1/heartbeat', () => {
  test.each(agentPayloadNames)('takes %s', async (name) => {
    const response = await stack.client.heartbeat(device, agentPayload(name));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ ok: true, next_heartbeat_seconds: 600 });
  });

  test('takes gzip, unknown fields, another device’s id and an id for the request', async () => {
    const payload = heartbeatAt(Date.now(), {
      device_id: 'not-this-one',
      brand_new: { deep: [1] },
    });
    const response = await stack.client.post('/v1/heartbeat', gzipSync(JSON.stringify(payload)), {
      ...bearer,
      'content-encoding': 'gzip',
      'x-request-id': 'trace-7',
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('x-request-id')).toBe('trace-7');
  });

  test('null equals absent for optional fields', async () => {
    const payload = heartbeatAt(Date.now(), {
      device_id: null,
      app_version: null,
      fcm_token: null,
      power_ok: null,
      queue_depth: null,
      monitored_foreground_recent_s: null,
    });
    expect((await stack.client.heartbeat(device, payload)).status).toBe(202);
  });

  test.each([
    ['{"alias": ', 'not JSON'],
    ['', 'nothing'],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'not UTF-8'],
  ])('400 for a body: %p, which is %s', async (body, _what) => {
    await problemOf(await stack.client.post('/v1/heartbeat', body, bearer), 400);
  });

  test('400 for a body that says gzip and isn’t', async () => {
    const headers = { ...bearer, 'content-encoding': 'gzip' };
    await problemOf(await stack.client.post('/v1/heartbeat', 'plain', headers), 400);
  });

  test.each([
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-encoding': 'br' },
  ])('415 for %p', async (headers) => {
    const response = await stack.client.post('/v1/heartbeat', '{}', { ...bearer, ...headers });
    await problemOf(response, 415);
  });

  test('413 for more than 64 KiB, and for what inflates to more', async () => {
    const large = heartbeatAt(Date.now(), { padding: 'x'.repeat(64 * 1024) });
    await problemOf(await stack.client.heartbeat(device, large), 413);
    const headers = { ...bearer, 'content-encoding': 'gzip' };
    const bomb = gzipSync(JSON.stringify(large));
    expect(bomb.length).toBeLessThan(2_000);
    await problemOf(await stack.client.post('/v1/heartbeat', bomb, headers), 413);
  });

  test('422 names every bad field', async () => {
    const payload = heartbeatAt(Date.now(), {
      alias: '',
      battery: { pct: '87', charging: true, temperature_c: 20 },
      network: { transport: 'wifi', ssid: 5 },
      monitored_foreground_recent_s: 86_401,
    });
    delete payload['memory'];
    const problem = await problemOf(await stack.client.heartbeat(device, payload), 422);
    expect(problem.errors?.map(({ path }) => path).sort()).toEqual([
      'alias',
      'battery.pct',
      'memory',
      'monitored_foreground_recent_s',
      'network.ssid',
    ]);
  });

  test('401 without a token, and for one that the database doesn’t know', async () => {
    const from = { 'x-forwarded-for': '203.0.113.1' };
    const missing = await stack.client.post('/v1/heartbeat', heartbeatAt(Date.now()), from);
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    await problemOf(missing, 401);
    const unknown = await stack.client.post('/v1/heartbeat', heartbeatAt(Date.now()), {
      ...from,
      authorization: 'Bearer nobody',
    });
    await problemOf(unknown, 401);
  });

  test('429 after too many bad tokens from an address, which never stops a good one', async () => {
    const from = { 'x-forwarded-for': '203.0.113.2' };
    const statuses = new Set<number>();
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const headers = { ...from, authorization: `Bearer guess-${attempt}` };
      const response = await stack.client.post('/v1/heartbeat', heartbeatAt(Date.now()), headers);
      statuses.add(response.status);
      if (response.status === 429)
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      await response.arrayBuffer();
    }
    expect([...statuses]).toEqual([401, 429]);
    const good = { ...from, ...bearer };
    expect((await stack.client.post('/v1/heartbeat', heartbeatAt(Date.now()), good)).status).toBe(
      202,
    );
    const newDevice = await stack.client.register('behind the same address');
    const uncached = { ...from, authorization: `Bearer ${newDevice.device_token}` };
    expect(
      (await stack.client.post('/v1/heartbeat', heartbeatAt(Date.now()), uncached)).status,
    ).toBe(202);
    const elsewhere = { 'x-forwarded-for': '203.0.113.3', authorization: 'Bearer guess-1' };
    await problemOf(
      await stack.client.post('/v1/heartbeat', heartbeatAt(Date.now()), elsewhere),
      401,
    );
  });

  test.each([
    ['deleted', 'UPDATE devices SET deleted_at = now() WHERE id = $1'],
    ['revoked', 'UPDATE devices SET token_revoked_at = now() WHERE id = $1'],
  ])('410 from every process once the device is %s', async (state, statement) => {
    const other = await stack.another();
    const gone = await stack.client.register(`to be ${state}`);
    const send = (url: string) =>
      fetch(`${url}/v1/heartbeat`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${gone.device_token}`,
        },
        body: JSON.stringify(heartbeatAt(Date.now())),
      });
    const urls = [stack.app.url, other.url];
    for (const url of urls) expect((await send(url)).status).toBe(202);
    await stack.database.query(statement, [gone.device_id]);
    for (const url of urls) {
      const response = await waitFor('a 410', async () => {
        const answer = await send(url);
        return answer.status === 410 && answer;
      });
      expect((await problemOf(response, 410)).detail).toEqual({ reason: 'device_deleted' });
    }
  });

  test('410 also when the change was made long before it was committed', async () => {
    const gone = await stack.client.register('revoked in a slow transaction');
    const send = () => stack.client.heartbeat(gone, heartbeatAt(Date.now()));
    expect((await send()).status).toBe(202);
    // Longer than the time for which each look at the log reaches back.
    await stack.database.query(
      `DO $$ BEGIN
         UPDATE devices SET token_revoked_at = now() WHERE id = '${gone.device_id}';
         PERFORM pg_sleep(12);
       END $$`,
    );
    await waitFor('a 410', async () => (await send()).status === 410, 3_000);
  });

  test('404 for a path that only resembles one', async () => {
    for (const path of ['/v1/heartbeat/', '/V1/HEARTBEAT', '//v1/heartbeat', '/v1/heartbeat/x']) {
      await problemOf(await stack.client.post(path, heartbeatAt(Date.now()), bearer), 404);
    }
  });

  test('405 for other methods, 404 for other paths', async () => {
    const get = await fetch(`${stack.app.url}/v1/heartbeat`);
    expect(get.headers.get('allow')).toBe('POST');
    await problemOf(get, 405);
    await problemOf(await fetch(`${stack.app.url}/v1/nothing`), 404);
  });
});

describe('POST /v1/heartbeats', () => {
  test('takes the good ones and says which are not', async () => {
    const now = new Date();
    const bad = heartbeatAt(now, { battery: null });
    const response = await stack.client.heartbeats(device, now, [
      heartbeatAt(now),
      bad,
      heartbeatAt(now),
    ]);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      accepted: 2,
      rejected: [
        {
          index: 1,
          code: 'validation_failed',
          detail: expect.stringContaining('battery') as unknown,
        },
      ],
    });
  });

  test('422 when all are rejected', async () => {
    const response = await stack.client.heartbeats(device, new Date(), [{}, {}]);
    const { errors } = await problemOf(response, 422);
    expect(errors?.map(({ path }) => path)).toEqual(['heartbeats.0', 'heartbeats.1']);
  });

  test.each([
    [{ heartbeats: [heartbeatAt(0)] }, 'sent_at'],
    [{ sent_at: 'now', heartbeats: [heartbeatAt(0)] }, 'sent_at'],
    [{ sent_at: new Date().toISOString(), heartbeats: [] }, 'heartbeats'],
    [
      { sent_at: new Date().toISOString(), heartbeats: Array.from({ length: 501 }, () => ({})) },
      'heartbeats',
    ],
  ])('422 for a bad envelope (case %#)', async (body, path) => {
    const { errors } = await problemOf(
      await stack.client.post('/v1/heartbeats', body, bearer),
      422,
    );
    expect(errors?.[0]?.path).toBe(path);
  });

  test('413 for more than 1 MiB', async () => {
    const heartbeats = [heartbeatAt(Date.now(), { padding: 'x'.repeat(1024 * 1024) })];
    await problemOf(await stack.client.heartbeats(device, new Date(), heartbeats), 413);
  });
});

describe('POST /v1/register', () => {
  const register = (body: unknown, headers: Record<string, string>) =>
    stack.client.post('/v1/register', body, headers);

  test.each(['x-admin', 'x-admin-key'])('registers with the admin key in %s', async (header) => {
    const alias = `Kiosk Überlingen 7 – ${header}`;
    const response = await register({ alias, hardware_id: 'hw-1' }, { [header]: TEST_ADMIN_KEY });
    expect(response.status).toBe(201);
    const { device_id, device_token } = (await response.json()) as RegisteredDevice;
    expect(Buffer.from(device_token, 'base64url')).toHaveLength(32);
    const rows = await stack.database.query<{ alias: string; token_id: string }>(
      'SELECT alias, token_id FROM devices WHERE id = $1',
      [device_id],
    );
    expect(rows).toMatchObject([{ alias }]);
    expect(rows[0]?.token_id).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(rows)).not.toContain(device_token);
  });

  test('409 for an alias that is taken', async () => {
    const admin = { 'x-admin': TEST_ADMIN_KEY };
    expect((await register({ alias: 'taken' }, admin)).status).toBe(201);
    await problemOf(await register({ alias: 'taken' }, admin), 409);
  });

  test('422 for a bad alias, 401 without the key or with a wrong one', async () => {
    const admin = { 'x-admin': TEST_ADMIN_KEY };
    for (const alias of ['', ' ', 'x'.repeat(201), 7, undefined, 'a\0b', '\ud800x']) {
      const { errors } = await problemOf(await register({ alias }, admin), 422);
      expect(errors?.[0]?.path).toBe('alias');
    }
    await problemOf(await register({ alias: 'no key' }, {}), 401);
    await problemOf(await register({ alias: 'no key' }, { 'x-admin': 'wrong' }), 401);
    expect(
      await stack.database.query('SELECT 1 FROM devices WHERE alias = $1', ['no key']),
    ).toEqual([]);
  });

  test('is logged with who made it, and without the token', async () => {
    const logged = async (alias: string, headers: Record<string, string> = {}) => {
      const response = await register({ alias }, { 'x-admin': TEST_ADMIN_KEY, ...headers });
      const { device_id, device_token } = (await response.json()) as RegisteredDevice;
      const line = await waitFor('the log to say it', () =>
        stack.app.logs.find((one) => one['device_id'] === device_id),
      );
      expect(line).toMatchObject({
        event: 'device.registered',
        alias,
        request_id: response.headers.get('x-request-id'),
      });
      expect(JSON.stringify(stack.app.logs)).not.toContain(device_token);
      return line['changed_by'];
    };
    expect(await logged('by ada', { 'x-operator': 'ada@ops' })).toBe('ada@ops');
    expect(await logged('by an address')).toBe('127.0.0.1');
  });

  test('422 for an operator that can’t be shown, and nothing is registered', async () => {
    const headers = { 'x-admin': TEST_ADMIN_KEY, 'x-operator': 'ü' };
    const { errors } = await problemOf(await register({ alias: 'by nobody' }, headers), 422);
    expect(errors?.[0]?.path).toBe('x-operator');
    const admin = { 'x-admin': TEST_ADMIN_KEY };
    expect((await register({ alias: 'by nobody' }, admin)).status).toBe(201);
  });
});
