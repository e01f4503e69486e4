import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { waitFor } from '@nexmdm/testing';
import { backoffMs, pause } from './backoff.ts';
import { repeatEvery } from './repeat.ts';

const neverFails = (error: unknown) => {
  throw error;
};

describe('repeating', () => {
  test('runs again and again, never two at once, until it is stopped', async () => {
    let running = 0;
    let runs = 0;
    const repeater = repeatEvery(
      1,
      async () => {
        running += 1;
        expect(running).toBe(1);
        await pause(1);
        running -= 1;
        runs += 1;
      },
      neverFails,
    );
    repeater.start();
    repeater.start();
    await waitFor('five runs', () => runs >= 5);
    await repeater.stop();
    const atStop = runs;
    await pause(20);
    expect([runs, running]).toEqual([atStop, 0]);
  });

  test('waits at its stop for the run under way, and not for the interval', async () => {
    const run = Promise.withResolvers<void>();
    let finished = false;
    const repeater = repeatEvery(
      3_600_000,
      async () => {
        await run.promise;
        finished = true;
      },
      neverFails,
    );
    repeater.start();
    const stopped = repeater.stop();
    run.resolve();
    await stopped;
    expect(finished).toBe(true);
    await repeater.stop();
  });

  test('goes on after a run that failed, whether it rejects or throws at once', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const repeater = repeatEvery(
      1,
      () => {
        runs += 1;
        if (runs === 1) return Promise.reject(new Error('rejected'));
        if (runs === 2) throw new Error('thrown');
        return Promise.resolve();
      },
      (error) => errors.push(error),
    );
    repeater.start();
    await waitFor('a run after the failures', () => runs >= 3);
    await repeater.stop();
    expect(errors).toEqual([new Error('rejected'), new Error('thrown')]);
  });

  test('that was never started, or is started after its stop, does nothing', async () => {
    let runs = 0;
    const repeater = repeatEvery(1, () => Promise.resolve((runs += 1)), neverFails);
    await repeater.stop();
    repeater.start();
    await repeater.stop();
    expect(runs).toBe(0);
  });
});

describe('the wait before another attempt', () => {
  test('is between half of and the whole doubled base, and never above the most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        (attempt, base, most) => {
          const wait = backoffMs(attempt, base, most);
          const ceiling = Math.min(most, base * 2 ** (attempt - 1));
          expect(wait).toBeGreaterThanOrEqual(ceiling / 2);
          expect(wait).toBeLessThanOrEqual(ceiling);
        },
      ),
    );
  });

  test('differs from one to the next', () => {
    const waits = new Set(Array.from({ length: 20 }, () => backoffMs(5, 100, 10_000)));
    expect(waits.size).toBeGreaterThan(1);
  });

  test('ends early when it is not wanted any more', async () => {
    const stopping = new AbortController();
    const waits = [pause(3_600_000, stopping.signal), pause(3_600_000, stopping.signal)];
    stopping.abort();
    await Promise.all([...waits, pause(3_600_000, stopping.signal)]);
  });
});
