import { describe, expect, test } from '@jest/globals';
import { MAX_BULK_DEVICES } from '@nexmdm/contracts';
import * as fc from 'fast-check';
import { checkLines } from './bulk-lines.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';

const csv = (text: string) => checkLines(readCsv(text));
const ndjson = (text: string) => checkLines(readNdjson(text));
const problems = (checked: { problems: { line: number; message: string }[] }) =>
  checked.problems.map(({ line, message }) => `${line} ${message}`);

describe('a CSV body', () => {
  test('has its columns in any order, quoted or not, and empty lines anywhere', () => {
    const text =
      '\uFEFF\r\nhardware_id , alias\r\nR1, Kiosk 1 \r\n\r\n,"Kiosk, ""2"""\r\n  \r\nR3,"two\r\nlines"\r\nR4,店舗';
    expect(csv(text)).toEqual({
      devices: [
        { line: 3, alias: 'Kiosk 1', hardwareId: 'R1' },
        { line: 5, alias: 'Kiosk, "2"', hardwareId: null },
        { line: 7, alias: 'two\nlines', hardwareId: 'R3' },
        { line: 9, alias: '店舗', hardwareId: 'R4' },
      ],
      problems: [],
    });
  });

  test.each([
    ['', '1 there is no header'],
    ['\n\n', '1 there is no header'],
    ['alias', '1 there is no device'],
    ['\nalias,colour\nA,red', '2 the header has columns that are not known: "colour"'],
    ['alias;hardware_id\nA;h', '1 the header has columns that are not known: "alias;hardware_id"'],
    ['alias,alias\nA,B', '1 the header has a column twice'],
    ['hardware_id\nh', '1 the header has no column alias'],
    ['Alias\nA', '1 the header has columns that are not known: "Alias"'],
    ['"alias', '1 neither this nor what follows could be read'],
  ])('%j is refused as a whole', (text, problem) => {
    const checked = csv(text);
    expect(checked.devices).toEqual([]);
    expect(problems(checked)).toEqual([expect.stringContaining(problem)]);
  });

  test('has each line that is not valid named, and the good ones kept', () => {
    const long = 'x'.repeat(201);
    const checked = csv(
      `alias,hardware_id\nA,1\n,2\nA,3\nB\nC,4,5\n${long},6\nD,${long}\n A ,7\nE,8`,
    );
    expect(checked.devices.map(({ alias, line }) => `${line} ${alias}`)).toEqual(['2 A', '10 E']);
    expect(problems(checked)).toEqual([
      expect.stringMatching(/^3 alias: /),
      '4 alias: is the same as in line 2',
      '5 has 1 values, and the header has 2',
      '6 has 3 values, and the header has 2',
      expect.stringMatching(/^7 alias: /),
      expect.stringMatching(/^8 hardware_id: /),
      '9 alias: is the same as in line 2',
    ]);
  });

  test.each([
    'alias\nA\n"B\nC\nD',
    'alias\nA\n"B"x\nC',
    'alias\nA\nB"x\nC',
    `alias\nA\n${'x'.repeat(20_000)}`,
  ])('with wrong quotes is read up to them (case %#)', (text) => {
    const checked = csv(text);
    expect(checked.devices).toEqual([{ line: 2, alias: 'A', hardwareId: null }]);
    expect(problems(checked)).toEqual([expect.stringMatching(/^3 neither this nor what follows/)]);
  });
});

describe('an NDJSON body', () => {
  test('has a device a line', () => {
    const text =
      '\uFEFF{"alias":" A ","hardware_id":"h"}\r\n\n{"alias":"B","hardware_id":null}\n{"alias":"C"}';
    expect(ndjson(text)).toEqual({
      devices: [
        { line: 1, alias: 'A', hardwareId: 'h' },
        { line: 3, alias: 'B', hardwareId: null },
        { line: 4, alias: 'C', hardwareId: null },
      ],
      problems: [],
    });
  });

  test('has each line that is not valid named', () => {
    const checked = ndjson(
      '{"alias":"A"}\n{"alias"\n[]\n{"alias":"B","colour":"red"}\n7\n{"alias":"A"}\nnull',
    );
    expect(checked.devices).toHaveLength(1);
    expect(problems(checked)).toEqual([
      expect.stringMatching(/^2 is not JSON/),
      expect.stringMatching(/^3 /),
      expect.stringMatching(/^4 .*colour/),
      expect.stringMatching(/^5 /),
      '6 alias: is the same as in line 1',
      expect.stringMatching(/^7 /),
    ]);
  });

  test('without a device is refused', () => {
    expect(problems(ndjson(' \n\n'))).toEqual(['1 there is no device in the body']);
  });
});

describe('too many lines', () => {
  const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);

  test('are named once, whatever they hold', () => {
    const most = aliases(MAX_BULK_DEVICES);
    expect(csv(['alias', ...most].join('\n')).problems).toEqual([]);
    const message = expect.stringContaining('at most 10000 devices');
    const more = csv(['alias', ...most, 'one', 'two'].join('\n'));
    expect(more.problems).toEqual([{ line: MAX_BULK_DEVICES + 2, message }]);
    const rubbish = ndjson('{\n'.repeat(MAX_BULK_DEVICES * 20));
    expect(rubbish.problems).toHaveLength(MAX_BULK_DEVICES + 1);
    expect(rubbish.problems.at(-1)).toEqual({ line: MAX_BULK_DEVICES + 1, message });
  });
});

test('what is written as CSV or NDJSON is read as it was, on the line where it begins', () => {
  const value = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .map((text) => `x${text.replaceAll('\0', '').replaceAll('\r', '')}x`);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(fc.uniqueArray(value, { maxLength: 10, minLength: 1 }), (aliases) => {
      let line = 2;
      const expected = aliases.map((alias) => {
        const device = { line, alias, hardwareId: null };
        line += alias.split('\n').length;
        return device;
      });
      expect(csv(['alias', ...aliases.map(quoted)].join('\r\n'))).toEqual({
        devices: expected,
        problems: [],
      });
      const json = aliases.map((alias) => JSON.stringify({ alias })).join('\n');
      expect(ndjson(json).devices.map(({ alias }) => alias)).toEqual(aliases);
    }),
  );
});
