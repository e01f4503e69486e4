import { describe, expect, test } from '@jest/globals';
import { FailureLimiter } from './failure-limiter.ts';

const NOW = 1_000_000;
const limiter = (changes = {}) =>
  new FailureLimiter({ maxFailures: 3, windowMs: 60_000, maxAddresses: 100, ...changes });

/** The answers to so many failures in a row. */
const failures = (of: FailureLimiter, address: string, count: number, now = NOW) =>
  Array.from({ length: count }, () => of.recordFailure(address, now));

describe('the failure limiter', () => {
  test('asks to wait for the rest of the window after too many failures', () => {
    const one = limiter();
    expect(failures(one, '10.0.0.1', 4)).toEqual([0, 0, 0, 60]);
    expect(one.recordFailure('10.0.0.1', NOW + 59_001)).toBe(1);
  });

  test('starts anew with the next window', () => {
    const one = limiter();
    failures(one, '10.0.0.1', 10);
    expect(failures(one, '10.0.0.1', 4, NOW + 60_000)).toEqual([0, 0, 0, 60]);
  });

  test('counts each IPv4 address by itself, also as IPv6 writes it', () => {
    const one = limiter();
    expect(failures(one, '::ffff:10.0.0.1', 4).at(-1)).toBe(60);
    expect(failures(one, '::ffff:10.0.0.2', 3).at(-1)).toBe(0);
    expect(failures(one, '10.0.0.3', 3).at(-1)).toBe(0);
  });

  test.each([
    ['2001:db8:1:2:a:b:c:d', '2001:db8:1:2::1'],
    ['2001:db8:1:2::', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:db8::1', '2001:db8::2'],
    ['2001:db8::1', '2001:db8:0:0:5::'],
    ['2001:db8::a:b:c:d', '2001:db8::1:2:3:4'],
    ['::1', '::2'],
    ['fe80::1', 'fe80::aaaa:1'],
  ])('counts %s and %s, of one /64, together', (a, b) => {
    const one = limiter();
    failures(one, a, 3);
    expect(one.recordFailure(b, NOW)).toBe(60);
  });

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    ['2001:db8::1:0:0:0:1', '2001:db8::1'],
    ['::1', '1::1'],
  ])('counts %s and %s, of two /64s, apart', (a, b) => {
    const one = limiter();
    failures(one, a, 3);
    expect(one.recordFailure(b, NOW)).toBe(0);
  });

  test('forgets the address unseen for longest when there are too many', () => {
    const one = limiter({ maxAddresses: 2 });
    failures(one, 'a', 3);
    failures(one, 'b', 3);
    one.recordFailure('c', NOW);
    expect(one.recordFailure('b', NOW)).toBe(60);
    expect(one.recordFailure('a', NOW)).toBe(0);
  });
});
