import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { fieldErrors, parseOrReject } from './validation.ts';

const schema = z.object({
  battery: z.object({ pct: z.int() }),
  list: z.array(z.string()).default([]),
});

describe('validating', () => {
  test('gives back what the schema makes of the value', () => {
    expect(parseOrReject(schema, { battery: { pct: 7 }, more: 1 }, 'heartbeat')).toEqual({
      battery: { pct: 7 },
      list: [],
    });
  });

  test('rejects with 422 and the dotted path of each bad field', () => {
    expect(() =>
      parseOrReject(schema, { battery: { pct: '7' }, list: ['a', 1] }, 'heartbeat'),
    ).toThrow(
      expect.objectContaining({
        status: 422,
        code: 'validation-failed',
        detail: 'The heartbeat is not valid; see errors.',
        errors: [
          { path: 'battery.pct', message: expect.any(String) },
          { path: 'list.1', message: expect.any(String) },
        ],
      }),
    );
  });

  test('lists no more errors than anybody reads', () => {
    const list = Array.from({ length: 5_000 }, (_, index) => index);
    const { error } = schema.safeParse({ battery: { pct: 7 }, list });
    expect(error?.issues).toHaveLength(5_000);
    expect(error && fieldErrors(error)).toHaveLength(50);
  });
});
