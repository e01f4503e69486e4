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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of a device. */
export function deviceId(text: string): string {
  if (UUID.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be the id of a device, as "devices list" shows it.');
}

const DURATION = /^(\d{1,9}) ?(s|min|h|d)?$/;
const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, d: 86_400 };

/** Reads a time such as `90s`, `15min`, `24h` or `7d` in seconds; a bare number is seconds. */
export function duration(maxSeconds: number): (text: string) => number {
  return (text) => {
    const [, count, unit = 's'] = DURATION.exec(text) ?? [];
    const seconds = Number(count ?? NaN) * (SECONDS[unit] ?? NaN);
    if (seconds <= maxSeconds) return seconds;
    const days = Math.floor(maxSeconds / 86_400);
    throw new InvalidArgumentError(
      `It must be a time such as 90s, 15min, 24h or 7d, at most ${days}d.`,
    );
  };
}

function within(value: number, min: number, max: number, what: string): number {
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It must be ${what} from ${min} to ${max}.`);
}
