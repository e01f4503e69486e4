import { describe, expect, test } from '@jest/globals';
import { bearerToken, createAdminKeyCheck } from './admin-key.ts';

const KEY = 'admin-key-0123456789';
const check = createAdminKeyCheck(KEY);

describe('the admin key', () => {
  test.each([
    [{ 'x-admin': KEY }],
    [{ 'x-admin-key': KEY }],
    [{ authorization: `Bearer ${KEY}` }],
    [{ authorization: `bearer  ${KEY} ` }],
  ])('is found in %j', (headers) => {
    expect(check(headers)).toBe(true);
  });

  test.each([
    [{}],
    [{ 'x-admin': '' }],
    [{ 'x-admin': `${KEY}x` }],
    [{ 'x-admin': KEY.slice(1) }],
    [{ 'x-admin': KEY.toUpperCase() }],
    [{ 'x-admin': 'wrong', authorization: `Bearer ${KEY}` }],
    [{ authorization: KEY }],
    [{ authorization: `Basic ${KEY}` }],
    [{ authorization: 'Bearer ' }],
    [{ 'x-admin-key': [KEY] }],
  ])('is not found in %j', (headers) => {
    expect(check(headers as Record<string, string>)).toBe(false);
  });
});

describe('a bearer token', () => {
  test.each([
    ['Bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['Bearer  abc ', 'abc'],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Bearer   ', undefined],
    ['Bearerabc', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %j is %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });
});
