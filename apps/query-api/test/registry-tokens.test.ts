import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { waitFor, type RegisteredDevice } from '@nexmdm/testing';
import { startRegistryStack, type RegistryStack } from './registry-stack.ts';

/** What becomes of a device's tokens, with two ingest processes that had them in memory before. */

interface Rotated extends RegisteredDevice {
  previous_token_valid_until: string | null;
}

const ACCEPTED = [202, 202];
const GONE = [410, 410];
/** What a change may take to reach every process. */
const REACH_MS = 2_000;

let stack: RegistryStack;
let device: RegisteredDevice;
let registered = 0;

beforeAll(async () => {
  stack = await startRegistryStack(2);
});
afterAll(async () => {
  await stack.close();
});
beforeEach(async () => {
  registered += 1;
  device = await stack.client.register(`device ${registered}`);
  expect(await stack.send(device.device_token)).toEqual(ACCEPTED);
});

const path = (action = '') => `/v1/devices/${device.device_id}${action}`;
const rotate = async (body?: unknown) => {
  const {
    status,
    headers,
    body: rotated,
  } = await stack.call<Rotated>('POST', path('/rotate-token'), body);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  return rotated;
};
const waitForAnswers = (token: string, statuses: readonly number[]) =>
  waitFor(
    `answers ${statuses.join()}`,
    async () => (await stack.send(token)).join() === statuses.join(),
    REACH_MS,
  );

describe('a deleted device', () => {
  test('gets 410 from every process within two seconds, with current and earlier tokens', async () => {
    const { device_token: current } = await rotate();
    expect(await stack.send(current)).toEqual(ACCEPTED);
    expect(await stack.send(device.device_token)).toEqual(ACCEPTED);
    expect(await stack.call('DELETE', path())).toMatchObject({ status: 204, body: undefined });
    await Promise.all([current, device.device_token].map((token) => waitForAnswers(token, GONE)));
  });

  test('is let in again with them once it is restored', async () => {
    const { device_token: current } = await rotate();
    await stack.call('DELETE', path());
    await waitForAnswers(current, GONE);
    await waitForAnswers(device.device_token, GONE);
    expect((await stack.call('POST', path('/restore'))).status).toBe(200);
    await waitForAnswers(current, ACCEPTED);
    await waitForAnswers(device.device_token, ACCEPTED);
  });

  test('can have its token neither rotated nor revoked', async () => {
    await stack.call('DELETE', path());
    for (const action of ['/rotate-token', '/revoke-token']) {
      expect((await stack.call('POST', path(action))).status).toBe(404);
    }
  });
});

describe('a rotated token', () => {
  test('the new one is good at once everywhere, the old one until the end of its grace', async () => {
    const rotated = await rotate({ grace_seconds: 3 });
    expect(Object.keys(rotated)).toEqual([
      'device_id',
      'device_token',
      'previous_token_valid_until',
    ]);
    expect(rotated.device_id).toBe(device.device_id);
    expect(await stack.send(rotated.device_token)).toEqual(ACCEPTED);
    const until = Date.parse(String(rotated.previous_token_valid_until));
    const during: number[][] = [];
    await waitFor(
      'the end of the grace',
      async () => {
        const answers = await stack.send(device.device_token);
        if (Date.now() < until) during.push(answers);
        return answers.join() === GONE.join();
      },
      until + REACH_MS - Date.now(),
    );
    expect(new Set(during.flat())).toEqual(new Set([202]));
    expect(await stack.send(rotated.device_token)).toEqual(ACCEPTED);
  });

  test('stays good for a day unless said otherwise', async () => {
    for (const body of [undefined, {}]) {
      const before = Date.now();
      const until = Date.parse(String((await rotate(body)).previous_token_valid_until));
      expect(until).toBeGreaterThanOrEqual(before + 86_400_000 - 1);
      expect(until).toBeLessThanOrEqual(Date.now() + 86_400_000);
    }
  });

  test('without a grace ends now, and so do those before it', async () => {
    const second = await rotate({ grace_seconds: 3_600 });
    const third = await rotate({ grace_seconds: 0 });
    expect(await stack.send(third.device_token)).toEqual(ACCEPTED);
    await waitForAnswers(device.device_token, GONE);
    await waitForAnswers(second.device_token, GONE);
  });
});

describe('a revoked token', () => {
  test('gets 410 from every process within two seconds, those before it too', async () => {
    const { device_token: current } = await rotate();
    expect(await stack.send(current)).toEqual(ACCEPTED);
    expect(await stack.call('POST', path('/revoke-token'))).toMatchObject({ status: 204 });
    await waitForAnswers(current, GONE);
    await waitForAnswers(device.device_token, GONE);
    expect((await stack.call('GET', path())).status).toBe(200);
  });

  test('stays so after a rotation, which lets the device in again', async () => {
    await stack.call('POST', path('/revoke-token'));
    await waitForAnswers(device.device_token, GONE);
    const { device_token: current } = await rotate({ grace_seconds: 3_600 });
    expect(await stack.send(current)).toEqual(ACCEPTED);
    expect(await stack.send(device.device_token)).toEqual(GONE);
  });
});
