import { expect, test } from '@jest/globals';
import { NoAnswerError, within } from './within.ts';

const never = new Promise<never>(() => {});

test('gives what the promise gives', async () => {
  expect(await within(10_000, Promise.resolve(5))).toBe(5);
  await expect(within(10_000, Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
});

test('gives up after the time', async () => {
  await expect(within(1, never)).rejects.toThrow(new NoAnswerError('no answer within 1 ms'));
});
