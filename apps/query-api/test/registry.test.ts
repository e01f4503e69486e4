import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { deviceSchema } from '@nexmdm/contracts';
import type { RegisteredDevice } from '@nexmdm/testing';
import { startRegistryStack, type RegistryStack } from './registry-stack.ts';

interface Device {
  id: string;
  alias: string;
  [field: string]: unknown;
}

interface DeletedPage {
  devices: { id: string; alias: string; last_seen: string | null }[];
  pagination: { limit: number; next_cursor: string | null };
}

let stack: RegistryStack;
let device: RegisteredDevice;
let alias: string;

beforeAll(async () => {
  stack = await startRegistryStack(1);
});
afterAll(async () => {
  await stack.close();
});
beforeEach(async () => {
  alias = `Kiosk ${randomUUID()}`;
  device = await stack.client.register(alias);
});

const path = (action = '') => `/v1/devices/${device.device_id}${action}`;
const read = () => stack.call<Device>('GET', path());

describe('PATCH /v1/devices/{id}', () => {
  test('changes what is given and answers the whole device', async () => {
    const before = (await read()).body;
    const change = {
      alias: `${alias} – Süd`,
      monitored_package: 'org.example.app',
      monitored_app_name: 'Example',
      monitored_threshold_min: 30,
      monitor_enabled: false,
    };
    const changed = await stack.call<Device>('PATCH', path(), change);
    expect(changed).toMatchObject({ status: 200, body: { ...before, ...change } });
    expect(deviceSchema.safeParse(changed.body).error).toBeUndefined();
    expect((await read()).body).toEqual(changed.body);
    const { body } = await stack.call<Device>('PATCH', path(), { monitored_package: null });
    expect(body).toEqual({ ...changed.body, monitored_package: null });
  });

  test('409 for the alias of another device, which stays as it is', async () => {
    const other = `${alias} other`;
    await stack.client.register(other);
    const { status, body } = await stack.call('PATCH', path(), {
      alias: other,
      monitor_enabled: false,
    });
    expect(status).toBe(409);
    expect(body.detail).toContain('choose a different one');
    expect((await read()).body).toMatchObject({ alias, monitor_enabled: true });
  });

  test('frees the alias that it had', async () => {
    await stack.call('PATCH', path(), { alias: `${alias} renamed` });
    await stack.client.register(alias);
    expect((await stack.call('PATCH', path(), { alias })).status).toBe(409);
  });

  test.each([
    [{}, 'at least one field'],
    [{ token_id: 'x' }, 'token_id'],
    [{ alias: '' }, 'alias'],
    [{ alias: null }, 'alias'],
    [{ monitored_package: 'not a package' }, 'monitored_package'],
    [{ monitored_app_name: 'x'.repeat(201) }, 'monitored_app_name'],
    [{ monitored_threshold_min: 0 }, 'monitored_threshold_min'],
    [{ monitored_threshold_min: 1_441 }, 'monitored_threshold_min'],
    [{ monitor_enabled: 1 }, 'monitor_enabled'],
    [[], 'object'],
  ])('422 that says what is wrong with %j', async (change, named) => {
    const { status, body } = await stack.call('PATCH', path(), change);
    expect(status).toBe(422);
    expect(JSON.stringify(body.errors)).toContain(named);
  });

  test('400 for what is not JSON, 415 for another type, 413 for too much', async () => {
    expect((await stack.call('PATCH', path(), '{')).status).toBe(400);
    const text = { 'content-type': 'text/plain' };
    expect((await stack.call('PATCH', path(), '{}', text)).status).toBe(415);
    expect((await stack.call('PATCH', path(), { alias: 'x'.repeat(20_000) })).status).toBe(413);
  });
});

describe('DELETE /v1/devices/{id}', () => {
  test('hides the device, keeps what there is of it, and frees its alias', async () => {
    expect((await stack.call('DELETE', path())).status).toBe(204);
    expect((await read()).status).toBe(404);
    expect((await stack.call('DELETE', path())).status).toBe(404);
    expect((await stack.call('PATCH', path(), { alias: 'x' })).status).toBe(404);
    await stack.client.register(alias);
  });
});

describe('POST /v1/devices/{id}/restore', () => {
  test('brings the device back as it was', async () => {
    const before = (await read()).body;
    await stack.call('DELETE', path());
    const restored = await stack.call<Device>('POST', path('/restore'));
    expect(restored).toMatchObject({ status: 200, body: before });
    expect((await read()).body).toEqual(before);
  });

  test('409 when its alias is taken by now; another one can be given', async () => {
    await stack.call('DELETE', path());
    await stack.client.register(alias);
    const taken = await stack.call('POST', path('/restore'));
    expect(taken.status).toBe(409);
    expect(taken.body.detail).toContain('restore it with another alias');
    expect((await stack.call('POST', path('/restore'), { alias })).status).toBe(409);
    const other = { alias: `${alias} again` };
    const restored = await stack.call<Device>('POST', path('/restore'), other);
    expect(restored).toMatchObject({ status: 200, body: other });
  });

  test('409 for a device that is not deleted', async () => {
    const { status, body } = await stack.call('POST', path('/restore'));
    expect(status).toBe(409);
    expect(body.detail).toContain('not deleted');
  });

  test.each([
    [{ alias: ' ' }, 'alias'],
    [{ name: 'x' }, 'name'],
  ])('422 that names the field for %j', async (body, named) => {
    const answer = await stack.call('POST', path('/restore'), body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body.errors)).toContain(named);
  });
});

describe('POST /v1/devices/{id}/rotate-token', () => {
  test.each([
    { grace_seconds: -1 },
    { grace_seconds: 2_592_001 },
    { grace_seconds: '60' },
    { grace_seconds: 0.5 },
    { grace: 60 },
  ])('422 that names the field for %j, and the token stays', async (body) => {
    const answer = await stack.call('POST', path('/rotate-token'), body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body.errors)).toContain(Object.keys(body)[0]);
    expect(await stack.send(device.device_token)).toEqual([202]);
  });
});

describe('GET /v1/devices/deleted', () => {
  const page = (query: string) => stack.call<DeletedPage>('GET', `/v1/devices/deleted${query}`);

  test('lists them under the alias from before, the newest deletion first, in pages', async () => {
    const second = await stack.client.register(`${alias} 2`);
    await stack.call('DELETE', path());
    await stack.call('DELETE', `/v1/devices/${second.device_id}`);
    const { body } = await page('?limit=2');
    expect(body.devices.map((deleted) => deleted.alias)).toEqual([`${alias} 2`, alias]);
    expect(body.devices[0]).toEqual({
      id: second.device_id,
      alias: `${alias} 2`,
      deleted_at: expect.stringMatching(/^\d{4}-.*Z$/),
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      last_seen: null,
    });

    const all = (await page('')).body.devices.map(({ id }) => id);
    const seen: string[] = [];
    let query: string | undefined = '?limit=1';
    while (query !== undefined) {
      const { body: one, headers } = await page(query);
      seen.push(...one.devices.map(({ id }) => id));
      const next = one.pagination.next_cursor;
      expect(headers.get('link')?.includes(String(next)) ?? false).toBe(next !== null);
      query = next === null ? undefined : `?limit=1&cursor=${next}`;
    }
    expect(seen).toEqual(all);
  });

  test.each(['limit=0', 'limit=1001', 'limit=x', 'sort=alias'])('422 for ?%s', async (query) => {
    const { status, body } = await stack.call('GET', `/v1/devices/deleted?${query}`);
    expect(status).toBe(422);
    expect(JSON.stringify(body.errors)).toContain(query.split('=')[0]);
  });

  test('400 for a cursor that it didn’t give out', async () => {
    expect((await page('?cursor=x')).status).toBe(400);
  });
});

const EVERY: [string, string, unknown][] = [
  ['PATCH', '', { alias: 'x' }],
  ['DELETE', '', undefined],
  ['POST', '/restore', undefined],
  ['POST', '/rotate-token', undefined],
  ['POST', '/revoke-token', undefined],
];

describe('every change', () => {
  test.each(EVERY)(
    '%s …%s is 404 for an unknown and an impossible id',
    async (method, action, body) => {
      for (const id of [randomUUID(), 'not-an-id']) {
        const answer = await stack.call(method, `/v1/devices/${id}${action}`, body);
        expect(answer.status).toBe(404);
        expect(answer.body.detail).toContain('no device with this id');
      }
    },
  );

  test.each(EVERY)(
    '%s …%s is 401 without the admin key, and nothing happens',
    async (method, action, body) => {
      const answer = await stack.call(method, path(action), body, { 'x-admin': 'wrong' });
      expect(answer.status).toBe(401);
      expect(await stack.send(device.device_token)).toEqual([202]);
      expect((await read()).body).toMatchObject({ alias });
    },
  );

  test('is logged with who made it, and without a token', async () => {
    const operator = { 'x-operator': 'ada@ops' };
    const rotated = await stack.call<RegisteredDevice>(
      'POST',
      path('/rotate-token'),
      undefined,
      operator,
    );
    await stack.call('DELETE', path());
    const lines = stack.query.logs.filter((line) => line['device_id'] === device.device_id);
    expect(lines.map(({ event, changed_by }) => [event, changed_by])).toEqual([
      ['device.token_rotated', 'ada@ops'],
      ['device.deleted', '127.0.0.1'],
    ]);
    expect(JSON.stringify(stack.query.logs)).not.toContain(rotated.body.device_token);
  });

  test.each(EVERY)(
    '%s …%s is 422 for an operator that can’t be shown',
    async (method, action, body) => {
      const answer = await stack.call(method, path(action), body, { 'x-operator': 'ü' });
      expect(answer.status).toBe(422);
      expect(answer.body.errors?.[0]?.path).toBe('x-operator');
      expect((await read()).body).toMatchObject({ alias });
    },
  );
});
