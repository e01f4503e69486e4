import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseExactJson, stringifyExactJson } from './json.ts';

const LONG_INTEGER_VALUE = /(^|[[,:])-?\d{16,}(?=[\],}]|$)/;

describe('exact JSON', () => {
  test('keeps every integer, however long', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
        const parsed = parseExactJson(`{"a":[${integer}]}`) as { a: [number | bigint] };
        expect(BigInt(parsed.a[0])).toBe(integer);
        const small = BigInt(Number(integer)) === integer && Number.isSafeInteger(Number(integer));
        expect(typeof parsed.a[0]).toBe(small ? 'number' : 'bigint');
        expect(stringifyExactJson(parsed)).toBe(`{"a":[${integer}]}`);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', 9_007_199_254_740_992n],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
  ])('reads %s exactly', (text, expected) => {
    expect(parseExactJson(text)).toBe(expected);
    expect(parseExactJson(`{"deep":[[${text}]]}`)).toEqual({ deep: [[expected]] });
  });

  test('is what JSON.parse is for values without long integers, and writes what JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!LONG_INTEGER_VALUE.test(text));
        const ordinary: unknown = JSON.parse(text);
        // The long text in front makes the exact parser take the slow way too.
        const slow = parseExactJson(`["12345678901234567890",${text}]`) as unknown[];
        expect(JSON.stringify(slow[1])).toBe(JSON.stringify(ordinary));
        expect(slow[1]).toEqual(ordinary);
        expect(stringifyExactJson(ordinary)).toBe(JSON.stringify(ordinary));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    '"9007199254740993"',
    '{"9007199254740993":"4111111111111111"}',
    '["\\"9007199254740993\\"",":9007199254740993,"]',
  ])('leaves digits in texts alone: %s', (text) => {
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
  });

  test.each([
    '0.12345678901234567',
    '12345678901234567.5',
    '1234567890123456789e2',
    '-1.2345678901234567E+20',
    '1e400',
    '-0',
  ])('leaves a number that is not written as an integer a number: %s', (text) => {
    expect(parseExactJson(`["1234567890123456",${text}]`)).toEqual([
      '1234567890123456',
      Number(text),
    ]);
  });

  test('takes a key named __proto__ as any other', () => {
    const parsed = parseExactJson('{"__proto__":{"code":9007199254740993}}') as object;
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.keys(parsed)).toEqual(['__proto__']);
  });

  test.each([
    '',
    '{',
    '[1,]',
    '01',
    '+1',
    'NaN',
    '{"a":12345678901234567890',
    '12345678901234567n',
  ])('refuses %j', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  test('writes bigints as integers wherever they stand', () => {
    const value = { code: 2n ** 63n - 1n, list: [-1n, { deep: 9_007_199_254_740_993n }] };
    expect(stringifyExactJson(value)).toBe(
      '{"code":9223372036854775807,"list":[-1,{"deep":9007199254740993}]}',
    );
  });
});
