import { describe, expect, test } from '@jest/globals';
import { Comparisons } from './comparisons.ts';
import { LatencySamples } from './samples.ts';

describe('percentiles', () => {
  test('are those of the latest thousand', () => {
    const samples = new LatencySamples();
    expect(samples.percentiles()).toEqual({ p50_ms: null, p95_ms: null, p99_ms: null });
    for (let value = 1; value <= 100; value += 1) samples.add(value);
    expect(samples.percentiles()).toEqual({ p50_ms: 50, p95_ms: 95, p99_ms: 99 });
    for (let value = 1; value <= 1_000; value += 1) samples.add(5);
    expect(samples.percentiles()).toEqual({ p50_ms: 5, p95_ms: 5, p99_ms: 5 });
  });
});

describe('the comparisons of a query', () => {
  const difference = { device_id: 'a', field: 'ssid', fast: 'x', legacy: 'y' };

  test('are counted, with the speedup of the medians', () => {
    const comparisons = new Comparisons('get_device');
    expect(comparisons.summary()).toMatchObject({ comparisons: 0, speedup: null });
    comparisons.record(2, 100, []);
    comparisons.record(2, 100, [difference, { ...difference, device_id: 'b' }]);
    comparisons.recordError();
    comparisons.recordSkipped();
    expect(comparisons.summary()).toMatchObject({
      query: 'get_device',
      comparisons: 2,
      matches: 1,
      mismatches: 1,
      errors: 1,
      skipped: 1,
      speedup: 50,
      latest_mismatches: [
        { differing: ['ssid'], examples: [{ device_id: 'a' }, { device_id: 'b' }] },
      ],
    });
  });

  test('keep the latest mismatches, and of each the first values', () => {
    const comparisons = new Comparisons('list_devices');
    for (let number = 1; number <= 25; number += 1) {
      const many = Array.from({ length: 40 }, () => ({ ...difference, field: `f${number}` }));
      expect(comparisons.record(1, 1, many)).toEqual([`f${number}`]);
    }
    const { mismatches, latest_mismatches: latest } = comparisons.summary();
    expect(mismatches).toBe(25);
    expect(latest).toHaveLength(10);
    expect(latest[0]).toMatchObject({ differing: ['f25'] });
    expect(latest[0]?.examples).toHaveLength(10);
  });
});
