import { styleText } from 'node:util';
import { printable } from '../text-table.ts';
import type { Finding, Level } from './finding.ts';

const MARKS: Record<Level, { text: string; colour: 'green' | 'yellow' | 'red' }> = {
  ok: { text: 'ok  ', colour: 'green' },
  warn: { text: 'warn', colour: 'yellow' },
  fail: { text: 'FAIL', colour: 'red' },
};

/** The findings as lines, below each that isn't well what mends it, and how many of each there are. */
export function reportText(findings: readonly Finding[], coloured: boolean): string {
  const width = (texts: string[]) => Math.max(0, ...texts.map((text) => text.length));
  const areaWidth = width(findings.map(({ area }) => area));
  const checkWidth = width(findings.map(({ check }) => check));
  const indent = ' '.repeat(areaWidth + checkWidth + 10);
  const lines = findings.flatMap(({ area, check, level, detail, mend }) => {
    const { text, colour } = MARKS[level];
    const mark = coloured ? styleText(colour, text, { validateStream: false }) : text;
    const line = `${mark}  ${area.padEnd(areaWidth)}  ${check.padEnd(checkWidth)}  ${printable(detail)}`;
    return mend === undefined ? [line] : [line, `${indent}-> ${mend}`];
  });
  const { ok, warn, fail } = countLevels(findings);
  return [...lines, '', `${ok} ok, ${warn} warnings, ${fail} failures`].join('\n');
}

export function countLevels(findings: readonly Finding[]): Record<Level, number> {
  const of = (wanted: Level) => findings.filter(({ level }) => level === wanted).length;
  return { ok: of('ok'), warn: of('warn'), fail: of('fail') };
}
