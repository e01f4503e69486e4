import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sampledWarning } from './log-sampler.ts';
import { recordLogs } from '../test/app.ts';

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a sampled warning', () => {
  test('gets into the log so often a second, and says how many did not', () => {
    const { logger, logs } = recordLogs();
    const warn = sampledWarning(logger, 'heartbeat.rejected', 2);
    for (let count = 0; count < 5; count += 1) warn({ count });
    jest.advanceTimersByTime(1_000);
    for (let count = 5; count < 8; count += 1) warn({ count });
    jest.advanceTimersByTime(1_000);
    warn({ count: 8 });
    expect(logs).toEqual(
      [
        { count: 0 },
        { count: 1 },
        { count: 5, suppressed: 3 },
        { count: 6 },
        { count: 8, suppressed: 1 },
      ].map((fields) => ({ level: 'warn', event: 'heartbeat.rejected', fields })),
    );
  });
});
