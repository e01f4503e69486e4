import { hash } from 'node:crypto';
import { HttpProblem, type CursorCodec } from '@nexmdm/service';
import { z } from 'zod';

/** Whose history was asked for, and from when to when; null where the default of the moment holds. */
export interface AskedHistory {
  deviceId: string;
  from: Date | null;
  to: Date | null;
}

const boundSchema = z.object({ history: z.string().optional() });

/** Cursors that are good for one history only, however its default range moves on meanwhile. */
export function createHistoryCursors(cursors: CursorCodec, asked: AskedHistory): CursorCodec {
  const history = fingerprint(asked);
  return {
    encode: (place) => cursors.encode({ ...place, history }),
    decode(cursor, schema) {
      const place = cursors.decode(cursor, schema);
      if (cursors.decode(cursor, boundSchema).history !== history) throw otherHistory();
      return place;
    },
  };
}

function fingerprint({ deviceId, from, to }: AskedHistory): string {
  const asked = JSON.stringify([deviceId.toLowerCase(), from, to]);
  return hash('sha256', asked, 'base64url').slice(0, 16);
}

function otherHistory(): HttpProblem {
  return new HttpProblem({
    status: 400,
    code: 'bad-cursor',
    detail:
      'The cursor belongs to the history of another device or with another from or to; start again ' +
      'without it.',
    errors: [{ path: 'cursor', message: 'belongs to another device, from or to' }],
  });
}
