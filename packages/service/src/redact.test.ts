import { describe, expect, test } from '@jest/globals';
import { redact } from './redact.ts';

describe('redacting', () => {
  test.each([
    'token',
    'device_token',
    'fcm_token',
    'accessToken',
    'Authorization',
    'proxy-authorization',
    'password',
    'db_password',
    'secret',
    'client_secret',
    'cookie',
    'Set-Cookie',
    'admin_key',
    'adminKey',
    'ADMIN_KEY',
    'x-admin',
    'x-admin-key',
    'x-api-key',
    'apiKey',
  ])('removes what is named %s', (name) => {
    expect(redact({ [name]: 'hunter2' })).toEqual({ [name]: '[redacted]' });
    expect(redact({ deep: [{ [name]: { also: 'hunter2' } }] })).toEqual({
      deep: [{ [name]: '[redacted]' }],
    });
  });

  test('leaves everything else as it is', () => {
    const fields = {
      device_id: 'd1',
      tokens: 3,
      token_id: 'ab12',
      keyboard: 'de',
      nothing: null,
      token: null,
      ratio: 0.5,
      ok: true,
      list: ['a', 1],
      text: 'user:pass without a URL, bearer of news',
    };
    expect(redact(fields)).toEqual({ ...fields, text: expect.any(String) });
    expect(redact('redis://cache:6379/0')).toBe('redis://cache:6379/0');
    expect(redact('see https://example.org/a@b')).toBe('see https://example.org/a@b');
  });

  test.each([
    ['postgres://nexmdm:hunter2@db:5432/nexmdm', 'postgres://nexmdm:[redacted]@db:5432/nexmdm'],
    ['redis://:hunter2@cache:6379', 'redis://:[redacted]@cache:6379'],
    [
      'rediss://user:hunter2@a and redis://:hunter2@b',
      'rediss://user:[redacted]@a and redis://:[redacted]@b',
    ],
    ['postgres://u:hun@ter2@db/x', 'postgres://u:[redacted]@db/x'],
    ['Authorization: Bearer hunter2.x-_~+/=', 'Authorization: Bearer [redacted]'],
    ['bearer hunter2, again', 'Bearer [redacted], again'],
  ])('removes secrets inside a text: %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact({ list: [text] })).toEqual({ list: [expected] });
  });

  test('shows an error with its code and cause, without secrets', () => {
    const cause = Object.assign(new Error('connect redis://:hunter2@cache'), {
      code: 'ECONNRESET',
    });
    const error = new TypeError('no answer for Bearer hunter2', { cause });
    const shown = redact({ error }) as { error: Record<string, unknown> };
    expect(shown.error).toMatchObject({
      name: 'TypeError',
      message: 'no answer for Bearer [redacted]',
      stack: expect.stringContaining('redact.test'),
      cause: { name: 'Error', message: 'connect redis://:[redacted]@cache', code: 'ECONNRESET' },
    });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  test('comes to an end with cycles and depth', () => {
    const cycle: Record<string, unknown> = { name: 'a' };
    cycle['self'] = cycle;
    cycle['list'] = [cycle];
    expect(JSON.stringify(redact(cycle))).toContain('[too deep]');
    const error = new Error('outer');
    error.cause = error;
    expect(JSON.stringify(redact(error))).toContain('[too deep]');
  });

  test('makes everything fit for JSON', () => {
    expect(
      redact({ big: 2n ** 63n, at: new Date(0), never: new Date(Number.NaN), none: undefined }),
    ).toEqual({ big: '9223372036854775808', at: '1970-01-01T00:00:00.000Z', never: null });
  });
});
