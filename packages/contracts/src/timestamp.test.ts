import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseIsoTime } from './timestamp.ts';

const MOMENT = Date.UTC(2026, 10, 23, 9, 41, 7);

describe('reading a time', () => {
  test('gives back every moment that a date can write', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parseIsoTime(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  test.each([
    ['2026-11-23T09:41:07Z', 0],
    ['2026-11-23T09:41:07z', 0],
    ['2026-11-23 09:41:07Z', 0],
    ['2026-11-23T09:41:07', 0],
    ['2026-11-23T09:41:07+00:00', 0],
    ['2026-11-23T09:41:07-00:00', 0],
    ['2026-11-23T10:41:07+01:00', 0],
    ['2026-11-23T15:11:07+0530', 0],
    ['2026-11-22T23:41:07-10:00', 0],
    ['2026-11-23T09:41:07.5Z', 500],
    ['2026-11-23T09:41:07,5Z', 500],
    ['2026-11-23T09:41:07.51', 510],
    ['2026-11-23T09:41:07.512Z', 512],
    ['2026-11-23T09:41:07.512999999Z', 512],
    ['2026-11-23T10:41:07.512345+01:00', 512],
  ])('takes %s', (text, milliseconds) => {
    expect(parseIsoTime(text)).toBe(MOMENT + milliseconds);
  });

  test('moves a time by its offset, whatever that is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.constantFrom('+', '-'),
        (hours, minutes, sign) => {
          const [hh, mm] = [hours, minutes].map((part) => String(part).padStart(2, '0'));
          const eastMinutes = (hours * 60 + minutes) * (sign === '+' ? 1 : -1);
          const expected = MOMENT - eastMinutes * 60_000;
          expect(parseIsoTime(`2026-11-23T09:41:07${sign}${hh}:${mm}`)).toBe(expected);
          expect(parseIsoTime(`2026-11-23T09:41:07${sign}${hh}${mm}`)).toBe(expected);
        },
      ),
    );
  });

  test('knows leap days', () => {
    expect(parseIsoTime('2028-02-29T00:00:00Z')).toBe(Date.UTC(2028, 1, 29));
    expect(parseIsoTime('2026-02-29T00:00:00Z')).toBeNull();
  });

  test.each([
    '',
    'now',
    '1795426867',
    '2026-11-23',
    '2026-11-23T09:41',
    '2026-11-23T09:41:07 Z',
    ' 2026-11-23T09:41:07Z',
    '2026-11-23T09:41:07Z\n',
    '2026-11-23T09:41:07.Z',
    '2026-11-23T09:41:07.1234567890Z',
    '2026-11-23T09:41:07+1',
    '2026-11-23T09:41:07+01',
    '2026-11-23T09:41:07+24:00',
    '2026-11-23T09:41:07+01:60',
    '2026-11-23T25:00:00Z',
    '2026-11-23T24:00:01Z',
    '2026-11-23T09:60:00Z',
    '2026-11-23T09:41:60Z',
    '2026-02-30T09:41:07Z',
    '2026-13-01T09:41:07Z',
    '2026-00-01T09:41:07Z',
    '2026-11-00T09:41:07Z',
    '-2026-11-23T09:41:07Z',
    '٢٠٢٦-11-23T09:41:07Z',
    'Mon, 23 Nov 2026 09:41:07 GMT',
  ])('refuses %j', (text) => {
    expect(parseIsoTime(text)).toBeNull();
  });

  test('answers anything with a finite number or null', () => {
    const digits = (length: number) =>
      fc
        .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
        .map((all) => all.join(''));
    const shaped = fc
      .tuple(digits(4), digits(2), digits(2), digits(2), digits(2), digits(2), digits(2), digits(2))
      .map(
        ([year, month, day, hour, minute, second, zoneHour, zoneMinute]) =>
          `${year}-${month}-${day}T${hour}:${minute}:${second}+${zoneHour}:${zoneMinute}`,
      );
    fc.assert(
      fc.property(fc.oneof(shaped, fc.string({ maxLength: 50 })), (text) => {
        const time = parseIsoTime(text);
        expect(time === null || Number.isSafeInteger(time)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
