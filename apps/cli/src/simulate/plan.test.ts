import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planBehaviour, type FleetPlan } from './plan.ts';

const START = 1_000;
const PLAN: FleetPlan = {
  devices: 100,
  intervalSeconds: 60,
  jitter: 0.2,
  ratePerSecond: undefined,
  offlineShare: 0.05,
  maxClockErrorSeconds: 30,
  batchReplay: false,
  seed: 1,
};
const planAll = (plan: FleetPlan) =>
  Array.from({ length: plan.devices }, (_, index) => planBehaviour(plan, index, START));

describe('planBehaviour', () => {
  test('lets every device report within five seconds or one interval', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 600, noNaN: true }),
        fc.nat(),
        (intervalSeconds, seed) => {
          for (const one of planAll({ ...PLAN, devices: 20, intervalSeconds, seed })) {
            expect(one.firstAt).toBeGreaterThanOrEqual(START);
            expect(one.firstAt).toBeLessThan(START + Math.min(5_000, intervalSeconds * 1_000));
            expect(one.firstGapMs).toBeLessThanOrEqual(one.intervalMs);
          }
        },
      ),
    );
  });

  test('keeps intervals and clocks within what was asked for, and different', () => {
    const planned = planAll(PLAN);
    for (const { intervalMs, clockErrorMs } of planned) {
      expect(Math.abs(intervalMs - 60_000)).toBeLessThanOrEqual(12_000);
      expect(Math.abs(clockErrorMs)).toBeLessThanOrEqual(30_000);
    }
    expect(new Set(planned.map(({ intervalMs }) => intervalMs)).size).toBeGreaterThan(90);
  });

  test('lets exactly the wanted share lose their network', () => {
    for (const [devices, offlineShare, expected] of [
      [100, 0.05, 5],
      [25, 0.2, 5],
      [10, 0, 0],
      [10, 1, 10],
    ] as const) {
      const planned = planAll({ ...PLAN, devices, offlineShare });
      expect(planned.filter(({ losesNetwork }) => losesNetwork)).toHaveLength(expected);
    }
  });

  test('spreads a rate evenly over the fleet', () => {
    const planned = planAll({ ...PLAN, devices: 10, ratePerSecond: 5 });
    expect(planned.map(({ firstAt }) => firstAt - START)).toEqual(
      Array.from({ length: 10 }, (_, index) => index * 200),
    );
    expect(new Set(planned.map(({ intervalMs }) => intervalMs))).toEqual(new Set([2_000]));
  });
});
