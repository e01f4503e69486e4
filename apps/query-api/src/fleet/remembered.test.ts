import { describe, expect, test } from '@jest/globals';
import { Remembered } from './remembered.ts';

/** An answer that comes when it is told to. */
function controlled() {
  const waiting: ((value: number) => void)[] = [];
  return {
    waiting,
    get: () => new Promise<number>((resolve) => waiting.push(resolve)),
  };
}

describe('an answer that is shared', () => {
  test('is got once for all who ask at a time', async () => {
    const { waiting, get } = controlled();
    const shared = new Remembered(get);
    const asked = [shared.get(), shared.get(), shared.get()];
    expect(waiting).toHaveLength(1);
    waiting[0]?.(7);
    expect(await Promise.all(asked)).toEqual([7, 7, 7]);
  });

  test('is got anew after a failure, which everyone who waited is told', async () => {
    let attempts = 0;
    const shared = new Remembered(() => {
      attempts += 1;
      return attempts === 1 ? Promise.reject(new Error('away')) : Promise.resolve(attempts);
    });
    const asked = [shared.get(), shared.get()];
    await expect(asked[0]).rejects.toThrow('away');
    await expect(asked[1]).rejects.toThrow('away');
    expect(await shared.get()).toBe(2);
  });

  test('of no cost is as good as fresh', async () => {
    let value = 0;
    const shared = new Remembered(() => Promise.resolve((value += 1)));
    const seen = new Set<number>();
    while (seen.size < 3) {
      seen.add(await shared.get());
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect([...seen]).toEqual([1, 2, 3]);
  });
});
