import { describe, expect, test } from '@jest/globals';
import { readIngestAnswer, readRetryAfter } from './ingest-answer.ts';

const NOW = Date.UTC(2026, 10, 23);
const read = (status: number, body = '', retryAfter?: string) =>
  readIngestAnswer({ status, body, retryAfter }, NOW);

describe('readIngestAnswer', () => {
  test('takes any 2xx as success', () => {
    for (const status of [200, 202, 204]) {
      expect(read(status)).toEqual({ outcome: 'accepted', rejected: 0 });
    }
  });

  test('counts what a batch lost', () => {
    const body = '{"accepted":1,"rejected":[{"index":0,"code":"validation_failed","detail":"x"}]}';
    expect(read(202, body)).toEqual({ outcome: 'accepted', rejected: 1 });
  });

  test('comes back when the server says so', () => {
    expect(read(503, '', '7')).toEqual({ outcome: 'later', error: 'http_503', waitMs: 7_000 });
    expect(read(429, '', '2')).toEqual({ outcome: 'later', error: 'http_429', waitMs: 2_000 });
    expect(read(500)).toEqual({ outcome: 'later', error: 'http_500', waitMs: undefined });
  });

  test('tells a refused token from a refused heartbeat', () => {
    expect(read(401).outcome).toBe('unknown_device');
    expect(read(410).outcome).toBe('deleted_device');
    expect(read(429, '{"type":"urn:nexmdm:problem:too-many-bad-tokens"}').outcome).toBe(
      'unknown_device',
    );
    for (const status of [400, 404, 413, 415, 422]) expect(read(status).outcome).toBe('rejected');
  });
});

test('readRetryAfter reads seconds and dates', () => {
  expect(readRetryAfter('3', NOW)).toBe(3_000);
  expect(readRetryAfter(new Date(NOW + 5_000).toUTCString(), NOW)).toBe(5_000);
  expect(readRetryAfter(new Date(NOW - 5_000).toUTCString(), NOW)).toBe(0);
  expect(readRetryAfter('soon', NOW)).toBeUndefined();
  expect(readRetryAfter(undefined, NOW)).toBeUndefined();
});
