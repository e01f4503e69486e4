import { hash } from 'node:crypto';
import { stringifyExactJson } from '@nexmdm/contracts';
import type { DeviceFilter, DevicePlace, DeviceSort, DeviceTotal } from '@nexmdm/db';
import { HttpProblem, type CursorCodec } from '@nexmdm/service';
import { z } from 'zod';

/** Where the page before ended, of which list, and what was counted for its first page. */
const cursorSchema = z.strictObject({
  list: z.string(),
  key: z.string().nullable(),
  id: z.guid(),
  total: z.number(),
  estimate: z.boolean(),
});

export interface DeviceList {
  /** The endpoint's name. */
  name: string;
  filter: DeviceFilter;
  sort: DeviceSort;
}

export interface ListPosition {
  place: DevicePlace;
  total: DeviceTotal;
}

/** Cursors of lists of devices; each is good for its own list, filter and sort only. */
export function createDeviceCursors(cursors: CursorCodec) {
  return {
    encode: (list: DeviceList, { place, total }: ListPosition): string =>
      cursors.encode({
        list: fingerprint(list),
        key: place.key,
        id: place.id,
        total: total.total,
        estimate: total.isEstimate,
      }),
    /** @throws HttpProblem 400 */
    decode(list: DeviceList, cursor: string): ListPosition {
      const read = cursors.decode(cursor, cursorSchema);
      if (read.list !== fingerprint(list)) throw otherList();
      return {
        place: { key: read.key, id: read.id },
        total: { total: read.total, isEstimate: read.estimate },
      };
    },
  };
}
export type DeviceCursors = ReturnType<typeof createDeviceCursors>;

function fingerprint({ name, filter, sort }: DeviceList): string {
  const conditions = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const asked = stringifyExactJson([name, sort, conditions]);
  return hash('sha256', asked, 'base64url').slice(0, 16);
}

function otherList(): HttpProblem {
  return new HttpProblem({
    status: 400,
    code: 'bad-cursor',
    detail:
      'The cursor belongs to a list with other filters or another sort; start again without it.',
    errors: [{ path: 'cursor', message: 'belongs to other filters or another sort' }],
  });
}
