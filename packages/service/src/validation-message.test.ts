import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { checkValue, fieldErrors } from './validation.ts';

const messageFor = (schema: z.ZodType, value: unknown) => {
  const { error } = checkValue(schema, value);
  return error === undefined ? undefined : fieldErrors(error)[0]?.message;
};

describe('messages about values', () => {
  test.each<[z.ZodType, unknown, string]>([
    [z.string(), 7, 'must be a text'],
    [z.string(), undefined, 'is missing'],
    [z.string(), ['a', 'b'], 'must be given once'],
    [z.enum(['a', 'b']), ['a', 'b'], 'must be given once'],
    [z.enum(['online', 'offline']), 'gone', 'must be online or offline'],
    [z.string().min(1), '', 'must have at least 1 characters'],
    [z.string().max(3), 'long', 'must have at most 3 characters'],
    [z.int().min(0), -1, 'must be at least 0'],
    [z.int().max(9), 10, 'must be at most 9'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.number(), 'x', 'must be a number'],
    [z.boolean(), 'true', 'must be true or false'],
    [z.object({}), [], 'must be an object'],
    [z.array(z.int()).min(2), [1], 'must have at least 2 entries'],
    [z.guid(), 'x', 'must be a UUID'],
  ])('%#: say what it must be', (schema, value, message) => {
    expect(messageFor(schema, value)).toBe(message);
  });

  test("leave a schema's own message alone", () => {
    expect(messageFor(z.string('give a name'), 7)).toBe('give a name');
    expect(messageFor(z.string().min(1, 'must not be empty'), '')).toBe('must not be empty');
  });

  test('name each field that is not known', () => {
    const { error } = checkValue(z.object({ a: z.strictObject({}) }), { a: { b: 1, c: 2 } });
    expect(error && fieldErrors(error)).toEqual([
      { path: 'a.b', message: 'is not known' },
      { path: 'a.c', message: 'is not known' },
    ]);
  });
});
