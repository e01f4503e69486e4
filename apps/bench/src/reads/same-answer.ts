import { isDeepStrictEqual } from 'node:util';

/** They differ from one moment to the next, and cursors are sealed anew each time. */
const PASSING = new Set(['offline_seconds', 'next_cursor']);

/**
 * Whether two answers to one request say the same, but for what passing time changes and for a total
 * that one of them only estimates.
 */
export function sameAnswer(one: string, other: string): boolean {
  const [left, right] = [parse(one), parse(other)];
  if (isEstimate(left) || isEstimate(right)) {
    for (const { pagination } of [left, right]) {
      delete pagination?.['total'];
      delete pagination?.['total_is_estimate'];
    }
  }
  return isDeepStrictEqual(left, right);
}

interface AnswerObject {
  pagination?: Record<string, unknown>;
}

function parse(text: string): AnswerObject {
  return JSON.parse(text, (name, value: unknown) =>
    PASSING.has(name) ? undefined : value,
  ) as AnswerObject;
}

function isEstimate({ pagination }: AnswerObject): boolean {
  return pagination?.['total_is_estimate'] === true;
}
