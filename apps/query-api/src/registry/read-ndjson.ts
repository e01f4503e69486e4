import { MAX_BULK_DEVICES, parseExactJson } from '@nexmdm/contracts';
import type { ReadLine } from './bulk-lines.ts';

/**
 * Reads a JSON value a line; empty lines and a byte order mark don't matter. It stops after one
 * device more than are taken.
 */
export function readNdjson(text: string): ReadLine[] {
  const lines: ReadLine[] = [];
  let line = 0;
  for (const content of splitLines(text.replace(/^\uFEFF/, ''))) {
    line += 1;
    if (content.trim() === '') continue;
    lines.push({ line, ...readValue(content) });
    if (lines.length > MAX_BULK_DEVICES) break;
  }
  return lines;
}

function* splitLines(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    yield text.slice(start, end === -1 ? undefined : end);
    start = end === -1 ? text.length : end + 1;
  }
}

function readValue(content: string): { value: unknown } | { problem: string } {
  try {
    return { value: parseExactJson(content) };
  } catch (error) {
    return { problem: `is not JSON: ${error instanceof Error ? error.message : ''}` };
  }
}
