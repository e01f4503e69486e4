import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ChangedDevices } from './changed-devices.ts';

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const ids = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => id(first + index));

describe('changed devices', () => {
  test('are each counted once, and those without a name as they were said', () => {
    const message = fc.record({
      numbers: fc.uniqueArray(fc.nat(50), { maxLength: 20 }),
      more: fc.nat(1_000),
    });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const changed = new ChangedDevices();
        for (const { numbers, more } of messages) {
          changed.add({ changed: numbers.length + more, ids: numbers.map(id) });
        }
        const distinct = new Set(messages.flatMap(({ numbers }) => numbers));
        const more = messages.reduce((sum, one) => sum + one.more, 0);
        expect(changed.empty).toBe(distinct.size + more === 0);
        const taken = changed.take();
        expect(taken).toEqual({ changed: distinct.size + more, ids: [...distinct].map(id) });
        expect(changed.empty).toBe(true);
      }),
    );
  });

  test('take no more room than 10,000 of them', () => {
    const changed = new ChangedDevices();
    for (let first = 0; first < 50_000; first += 1_000) {
      changed.add({ changed: 1_000, ids: ids(first, 1_000) });
    }
    changed.add({ changed: 1_000, ids: ids(0, 1_000) });
    const taken = changed.take();
    expect(taken.changed).toBe(50_000);
    expect(taken.ids).toEqual(ids(0, 10_000));
  });

  test('can be put back', () => {
    const changed = new ChangedDevices();
    changed.add({ changed: 12, ids: ids(0, 10) });
    const taken = changed.take();
    changed.add({ changed: 5, ids: ids(8, 5) });
    changed.add(taken);
    expect(changed.take().changed).toBe(15);
  });
});
