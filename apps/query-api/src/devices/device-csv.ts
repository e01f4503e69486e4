import type { Transform } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { deviceSchema } from '@nexmdm/contracts';
import type { DeviceFilter, DeviceRow, ListedDevice, StatusReads } from '@nexmdm/db';
import { stringify } from 'csv-stringify';

/** Devices that are in memory at a time. */
const PAGE_DEVICES = 1_000;
/** After so many (3 ms of work) other requests have their turn. */
const TURN_DEVICES = 100;

/** Where a line of a text, after its first, begins as a formula does. */
const FORMULA_LINE = /(?<=[\r\n])(?=[=+\-@\t\uff1d\uff0b\uff0d\uff20])/g;

/**
 * Takes devices and gives CSV (RFC 4180), beginning with a header. No line of a text begins as a
 * formula, so that none does in a program that takes every line break for the end of a row either.
 */
export function deviceCsv(): Transform {
  return stringify({
    header: true,
    columns: Object.keys(deviceSchema.shape),
    record_delimiter: 'windows',
    // With Windows's line ends a lone CR or LF isn't quoted by itself.
    quoted_match: /[\r\n]/,
    // Only at the beginning of a text.
    escape_formulas: true,
    cast: {
      string: (text) => text.replaceAll(FORMULA_LINE, "'"),
      boolean: String,
      date: (time) => time.toISOString(),
    },
  });
}

/** All devices that match, by alias. A page is read when the devices of the one before are taken. */
export async function* allDevices(
  reads: Pick<StatusReads, 'listDevices'>,
  filter: DeviceFilter,
): AsyncGenerator<DeviceRow> {
  let page: ListedDevice[];
  let after: ListedDevice['place'] | undefined;
  do {
    page = await reads.listDevices({ filter, sort: 'alias', after, limit: PAGE_DEVICES });
    after = page.at(-1)?.place;
    for (const [index, device] of page.entries()) {
      if (index % TURN_DEVICES === 0) await setImmediate();
      yield device;
    }
  } while (page.length === PAGE_DEVICES);
}
