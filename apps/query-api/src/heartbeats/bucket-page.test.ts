import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { bucketPage } from './bucket-page.ts';

const HOUR_MS = 3_600_000;
const hourly = (from: number, to: number) => ({
  from: new Date(from * HOUR_MS),
  to: new Date(to * HOUR_MS),
  resolutionSeconds: 3_600,
});
const hours = (date: Date | null) => (date === null ? null : date.getTime() / HOUR_MS);

test.each([
  ['whole buckets', hourly(10, 13), 100, 99, [10, 13, null]],
  ['only the page', hourly(10, 13), 2, 99, [11, 13, 11]],
  ['a page that just fits', hourly(10, 12), 2, 99, [10, 12, null]],
  ['parts of buckets at the borders', hourly(10.5, 12.25), 100, 99, [10.5, 12.25, null]],
  ['the bucket of now, and none after it', hourly(10, 20), 100, 12.5, [10, 13, null]],
  ['the bucket that begins now', hourly(10, 20), 100, 12, [10, 13, null]],
  ['nothing of a range that is yet to come', hourly(10, 20), 100, 5, [10, 10, null]],
])('covers %s', (_what, range, limit, now, expected) => {
  const page = bucketPage(range, limit, new Date(now * HOUR_MS), undefined);
  expect([hours(page.from), hours(page.to), hours(page.next)]).toEqual(expected);
});

test('the pages of a range lie side by side and cover all of it', () => {
  const moment = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(
      moment,
      fc.integer({ min: 1, max: 3_000_000 }),
      fc.integer({ min: 60, max: 86_400 }),
      fc.integer({ min: 1, max: 20 }),
      (start, length, resolutionSeconds, limit) => {
        const [from, to] = [new Date(start), new Date(start + length)];
        let [end, before]: [Date, Date | undefined] = [to, undefined];
        for (;;) {
          const page = bucketPage({ from, to, resolutionSeconds }, limit, to, before);
          expect(page.to).toEqual(end);
          expect(page.from < page.to).toBe(true);
          end = page.from;
          if (page.next === null) break;
          expect(page.next).toEqual(page.from);
          before = page.next;
        }
        expect(end).toEqual(from);
      },
    ),
  );
});
