import { STATE_COLUMN_TYPES, STATE_COLUMNS, type StateColumn, type StateColumns } from '@nexmdm/db';

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/** Text as PostgreSQL can hold it: the replacement character stands for what it can't. */
export function storableText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const wellFormed = value.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed;
}

/** A whole number within bounds, those of a column unless others are given; else null. */
export function storableInt(value: unknown, { min, max } = INT32): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
    ? value
    : null;
}

const READ: Readonly<
  Record<(typeof STATE_COLUMN_TYPES)[StateColumn], (value: unknown) => unknown>
> = {
  text: storableText,
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  integer: (value) => storableInt(value),
  // The level of the battery is the only one.
  smallint: (value) => storableInt(value, { min: 0, max: 100 }),
  float8: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : null),
};

const READERS = STATE_COLUMNS.map((name) => [name, READ[STATE_COLUMN_TYPES[name]]] as const);

/** The state as it is stored: what is missing, of another type or out of bounds becomes null. */
export function storableState(given: Readonly<Record<string, unknown>>): StateColumns {
  const state: Record<string, unknown> = {};
  for (const [name, read] of READERS) state[name] = read(given[name]);
  state['status'] ||= 'ok';
  return state as unknown as StateColumns;
}
