import { expect, test } from '@jest/globals';
import { sameAnswer } from './same-answer.ts';

const page = (total: number, estimate: boolean, device: object) =>
  JSON.stringify({
    devices: [device],
    pagination: { next_cursor: String(Math.random()), total, total_is_estimate: estimate },
  });
const device = { id: 'a', offline_seconds: 5, battery_pct: 50 };

test('what passes with time does not count, what a device reported does', () => {
  const one = page(7, false, device);
  expect(sameAnswer(one, page(7, false, { ...device, offline_seconds: 9 }))).toBe(true);
  expect(sameAnswer(one, page(7, false, { ...device, battery_pct: 51 }))).toBe(false);
  expect(sameAnswer(one, page(7, false, { ...device, id: 'b' }))).toBe(false);
});

test('a total counts unless one of them is an estimate', () => {
  const one = page(7, false, device);
  expect(sameAnswer(one, page(8, false, device))).toBe(false);
  expect(sameAnswer(one, page(8, true, device))).toBe(true);
  expect(sameAnswer('{"total":7}', '{"total":8}')).toBe(false);
});
