/** `2026-11-23T09:41:07[.512][Z|+01:00]`; a blank instead of the T and a missing zone (then UTC) are taken too. */
const ISO_8601 =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})([.,]\d{1,9})?(Z|z|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads an ISO-8601 time.
 *
 * @returns milliseconds since the epoch, or null for anything else (also for a date such as
 * `2026-02-30`, which `Date` would move into March)
 */
export function parseIsoTime(text: string): number | null {
  const match = ISO_8601.exec(text);
  if (!match) return null;
  const [, date = '', time = '', fraction = '', zone = 'Z'] = match;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return null;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const milliseconds = fraction.replace(',', '.').slice(0, 4);
  const parsed = Date.parse(`${date}T${time}${milliseconds}${offset}`);
  return Number.isNaN(parsed) ? null : parsed;
}
