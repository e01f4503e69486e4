import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Timeline } from './timeline.ts';

describe('Timeline', () => {
  test('runs everything in the order of its time, then of its coming', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1 }),
        async (offsets) => {
          const timeline = new Timeline();
          const base = timeline.now;
          const ran: { offset: number; index: number }[] = [];
          await new Promise<void>((resolve) => {
            offsets.forEach((offset, index) => {
              timeline.at(base + offset, () => {
                ran.push({ offset, index });
                if (ran.length === offsets.length) resolve();
              });
            });
          });
          const sorted = [...ran].sort((a, b) => a.offset - b.offset || a.index - b.index);
          expect(ran).toEqual(sorted);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('runs nothing before its time, also what is added by something that runs', async () => {
    const timeline = new Timeline();
    const dueAt = timeline.now + 15;
    const [first, second] = await new Promise<[number, number]>((resolve) => {
      timeline.at(dueAt, () => {
        const ranAt = timeline.now;
        timeline.at(dueAt + 10, () => {
          resolve([ranAt, timeline.now]);
        });
      });
    });
    expect(first).toBeGreaterThanOrEqual(dueAt);
    expect(second).toBeGreaterThanOrEqual(dueAt + 10);
  });

  test('forgets everything when it is stopped', () => {
    const timeline = new Timeline();
    timeline.at(timeline.now, () => {
      throw new Error('ran after the stop');
    });
    timeline.stop();
    timeline.at(timeline.now, () => {
      throw new Error('was taken after the stop');
    });
  });
});
