import { expect, test } from '@jest/globals';
import { textTable } from './text-table.ts';

test('columns are aligned by what is shown, also for wide characters', () => {
  expect(
    textTable(
      ['ALIAS', 'N'],
      [
        ['店舗 7', 1],
        ['Überlingen', null],
      ],
    ),
  ).toBe(['ALIAS       N', '店舗 7      1', 'Überlingen  -'].join('\n'));
});

test('what a device sends does not reach the terminal as a command', () => {
  expect(textTable(['A'], [['a\u001B[31mb\nc\u202Ed']])).toBe('A\na\uFFFD[31mb\uFFFDc\uFFFDd');
});
