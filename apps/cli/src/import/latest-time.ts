/** Clocks that are right differ by less. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/**
 * The latest time that something in the source can have happened. A later one is wrong: taken over, it
 * would keep a device online, and its state as it is, until then.
 */
export function latestTime(): Date {
  return new Date(Date.now() + CLOCKS_DIFFER_MS);
}
