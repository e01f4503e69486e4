import { InvalidArgumentError } from 'commander';

const WHOLE = /^\d{1,15}$/;
const DECIMAL = /^\d+(\.\d+)?$/;

/** Reads an option's value as a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => within(WHOLE.test(text) ? Number(text) : NaN, min, max, 'a whole number');
}

/** Reads an option's value as a number, possibly with decimals, within bounds. */
export function decimalNumber(min: number, max: number): (text: string) => number {
  return (text) => within(DECIMAL.test(text) ? Number(text) : NaN, min, max, 'a number');
}

/** `all`, or a whole number from 1. */
export function limitOrAll(text: string): number {
  return text === 'all' ? Infinity : wholeNumber(1, 1_000_000_000)(text);
}

const FLAG_STATES: Readonly<Record<string, boolean | null>> = {
  on: true,
  true: true,
  off: false,
  false: false,
  default: null,
};

/** What a flag is set to; null for the setting of the service. */
export function flagState(text: string): boolean | null {
  const state = Object.hasOwn(FLAG_STATES, text) ? FLAG_STATES[text] : undefined;
  if (state === undefined) throw new InvalidArgumentError('It must be on, off or default.');
  return state;
}

function within(value: number, min: number, max: number, what: string): number {
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It must be ${what} from ${min} to ${max}.`);
}
