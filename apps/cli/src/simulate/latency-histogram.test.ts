import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LatencyHistogram } from './latency-histogram.ts';

const latency = fc.double({ min: 0, max: 20_000_000, noNaN: true });

describe('LatencyHistogram', () => {
  test('gives every quantile at most 1 % and never lower than it is', () => {
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const histogram = new LatencyHistogram();
          for (const value of values) histogram.record(value);
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
          const found = histogram.quantile(share) ?? -1;
          // Latencies are counted in hundredths of a millisecond.
          expect(found).toBeGreaterThanOrEqual(exact - 0.005);
          expect(found).toBeLessThanOrEqual(exact * 1.01 + 0.01);
        },
      ),
    );
  });

  test('knows the greatest exactly, and nothing of nothing', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.quantile(0.5)).toBeNull();
    for (const value of [3.21, 7.654, 1]) histogram.record(value);
    expect(histogram.maxMs).toBe(7.654);
    expect(histogram.quantile(1)).toBe(7.654);
    expect(histogram.count).toBe(3);
  });
});
