import { describe, expect, test } from '@jest/globals';
import { deviceId, duration } from './option-values.ts';

describe('a duration', () => {
  test.each([
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    ['15min', 900],
    ['24h', 86_400],
    ['1 d', 86_400],
  ])('%s', (text, seconds) => {
    expect(duration(86_400)(text)).toBe(seconds);
  });

  test.each(['', '-1', '1.5h', '25h', '1w', 'h', '9999999999'])('is not %j', (text) => {
    expect(() => duration(86_400)(text)).toThrow('at most 1d');
  });
});

test('the id of a device is a UUID', () => {
  const id = '6F1C2F0E-5d0b-4c55-9f0e-3a3f1e1f9a10';
  expect(deviceId(id)).toBe(id.toLowerCase());
  // Of no version: the database takes it.
  const plain = '12345678-1234-1234-1234-123456789012';
  expect(deviceId(plain)).toBe(plain);
  for (const text of ['', 'Kiosk 7', `${id}/x`, `${id}0`]) {
    expect(() => deviceId(text)).toThrow('id of a device');
  }
});
