import { expect, test } from '@jest/globals';
import { summarise } from './latencies.ts';

test('a quantile is a latency that was measured, and so many did not exceed it', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(summarise(hundred)).toEqual({ requests: 100, p50_ms: 50, p95_ms: 95, p99_ms: 99 });
  expect(summarise([3, 1, 2])).toEqual({ requests: 3, p50_ms: 2, p95_ms: 3, p99_ms: 3 });
  expect(summarise([1.234_5])).toMatchObject({ p50_ms: 1.23, p99_ms: 1.23 });
  expect(() => summarise([])).toThrow(RangeError);
});
