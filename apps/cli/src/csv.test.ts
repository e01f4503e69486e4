import { expect, test } from '@jest/globals';
import { csvText } from './csv.ts';

test('CSV holds every field in quotes, exactly as it is', () => {
  const rows = [
    ['alias', 'id'],
    ['Kiosk, "7"', '-token'],
    ['two\r\nlines', ''],
    ['=1+1', "'"],
    [' 店舗 ', '\r'],
  ];
  expect(csvText(rows)).toBe(
    '"alias","id"\n"Kiosk, ""7""","-token"\n"two\r\nlines",""\n"=1+1","\'"\n" 店舗 ","\r"',
  );
});
