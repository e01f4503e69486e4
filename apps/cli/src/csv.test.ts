import { expect, test } from '@jest/globals';
import { csvText } from './csv.ts';

test('CSV quotes what would be read otherwise', () => {
  const rows = [
    ['alias', 'id'],
    ['Kiosk, "7"', 'x'],
    ['two\nlines', ''],
    [' 店舗 ', "'"],
  ];
  expect(csvText(rows)).toBe('alias,id\n"Kiosk, ""7""",x\n"two\nlines",\n 店舗 ,\'');
});
