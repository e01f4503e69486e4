import { expect, test } from '@jest/globals';
import { createDeviceToken, deviceTokenId } from './device-token.ts';

test('a device token is 32 random bytes, and found by its sha256', () => {
  const [one, other] = [createDeviceToken(), createDeviceToken()];
  expect(Buffer.from(one.token, 'base64url')).toHaveLength(32);
  expect(one.token).not.toBe(other.token);
  expect(one.tokenId).toBe(deviceTokenId(one.token));
  expect(deviceTokenId('abc')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
