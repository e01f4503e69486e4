import type { z } from 'zod';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

/** What a value is measured in. */
const UNITS: Readonly<Record<string, string>> = {
  string: ' characters',
  array: ' entries',
  set: ' entries',
  file: ' bytes',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  date: 'a time',
  null: 'null',
};

/**
 * Messages for what a schema has none of its own for; `undefined` leaves zod's. Each completes "the
 * field …".
 */
export const validationMessage: z.core.$ZodErrorMap = (issue: Issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return typeMessage(issue.expected, issue.input);
    case 'too_small':
      return `must ${bound(issue.origin, 'at least')} ${issue.minimum}${UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `must ${bound(issue.origin, 'at most')} ${issue.maximum}${UNITS[issue.origin] ?? ''}`;
    case 'invalid_value':
      return Array.isArray(issue.input)
        ? 'must be given once'
        : `must be ${issue.values.map(String).join(' or ')}`;
    case 'unrecognized_keys':
      return 'is not known';
    case 'invalid_format':
      return issue.format === 'uuid' || issue.format === 'guid' ? 'must be a UUID' : undefined;
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
      return undefined;
  }
};

function typeMessage(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing';
  if (Array.isArray(input) && expected === 'string') return 'must be given once';
  return `must be ${TYPES[expected] ?? expected}`;
}

function bound(origin: string, which: string): string {
  return UNITS[origin] === undefined ? `be ${which}` : `have ${which}`;
}
