import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { deviceCsv } from './device-csv.ts';

type Texts = { alias: string; ssid: string; carrier: string };

const FORMULA = /^[=+\-@\t\r]/;

async function written(devices: readonly Texts[]) {
  const file = await text(Readable.from(devices).pipe(deviceCsv()));
  const rows = parse<Texts>(file, { columns: true, record_delimiter: '\r\n' });
  return { file, rows: rows.map(({ alias, ssid, carrier }) => ({ alias, ssid, carrier })) };
}

test('a text of several lines stays in its field, and no line of it is a formula', async () => {
  const { file, rows } = await written([
    { alias: 'lf1\n=cmd|/C calc', ssid: 'net\n=1+1', carrier: 'car\r=2+2' },
    { alias: '=1\r\n-2', ssid: '\n@x', carrier: 'a\rb\nc' },
  ]);
  expect(rows).toEqual([
    { alias: "lf1\n'=cmd|/C calc", ssid: "net\n'=1+1", carrier: "car\r'=2+2" },
    { alias: "'=1\r\n'-2", ssid: "\n'@x", carrier: 'a\rb\nc' },
  ]);
  expect(file).toContain('"a\rb\nc"');
});

test('texts of any kind come back, but for the mark before a formula', async () => {
  const characters = Array.from('\r\n=+-@\t,;"\' a1');
  const field = fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
  const device = fc.record({ alias: field, ssid: field, carrier: field });
  await fc.assert(
    fc.asyncProperty(fc.array(device, { minLength: 1, maxLength: 5 }), async (devices) => {
      const { file, rows } = await written(devices);
      expect(file.split(/[\r\n]/).filter((line) => FORMULA.test(line))).toEqual([]);
      const values = rows.flatMap((row) => Object.values(row));
      expect(values.filter((value) => FORMULA.test(value))).toEqual([]);
      const unmarked = (value: string) => value.replaceAll("'", '');
      expect(values.map(unmarked)).toEqual(
        devices.flatMap(({ alias, ssid, carrier }) => [alias, ssid, carrier].map(unmarked)),
      );
    }),
  );
});
