import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeartbeatQueue, type QueuedHeartbeat } from './heartbeat-queue.ts';

const START = Date.UTC(2026, 10, 23);
const DAY_MS = 86_400_000;
const at = (offsetMs: number): QueuedHeartbeat => ({
  body: `${offsetMs}`,
  takenAt: START + offsetMs,
  dueAt: null,
});

describe('HeartbeatQueue', () => {
  test('keeps at most 500, in order, one per 10 s, and counts everything it gives up', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 900 }),
        fc.integer({ min: 0, max: 600 }),
        (gaps, takeCount) => {
          const queue = new HeartbeatQueue();
          let time = 0;
          for (const gap of gaps) {
            time += gap;
            queue.add(at(time));
          }
          const taken = queue.take(takeCount, START + time);
          const left = queue.take(Infinity, START + time);
          const { coalesced, overflowed, expired } = queue.losses;
          const kept = [...taken, ...left];
          expect(kept.length + coalesced + overflowed + expired).toBe(gaps.length);
          expect(kept.length).toBeLessThanOrEqual(500);
          const slots = kept.map(({ takenAt }) => Math.floor(takenAt / 10_000));
          expect(slots).toEqual([...new Set(slots)].sort((a, b) => a - b));
        },
      ),
    );
  });

  test('keeps the newest of the same ten seconds', () => {
    const queue = new HeartbeatQueue();
    for (const offset of [0, 4_000, 9_999, 10_000]) queue.add(at(offset));
    expect(queue.take(9, START).map(({ body }) => body)).toEqual(['9999', '10000']);
    expect(queue.losses.coalesced).toBe(2);
  });

  test('gives the oldest up when it is full', () => {
    const queue = new HeartbeatQueue();
    for (let index = 0; index < 503; index += 1) queue.add(at(index * 10_000));
    expect(queue.length).toBe(500);
    expect(queue.losses.overflowed).toBe(3);
    expect(queue.take(1, START)[0]?.body).toBe('30000');
  });

  test('gives up what is older than a day', () => {
    const queue = new HeartbeatQueue();
    for (const offset of [0, 10_000]) queue.add(at(offset));
    expect(queue.take(9, START + DAY_MS + 1).map(({ body }) => body)).toEqual(['10000']);
    expect(queue.losses.expired).toBe(1);
  });

  test('puts back what was not accepted where it was', () => {
    const queue = new HeartbeatQueue();
    for (const offset of [0, 10_000, 20_000]) queue.add(at(offset));
    const [first, ...rest] = queue.take(2, START);
    queue.add(at(30_000));
    queue.putBack([...rest, ...(first ? [first] : [])]);
    expect(queue.take(9, START).map(({ body }) => body)).toEqual(['0', '10000', '20000', '30000']);
  });
});
