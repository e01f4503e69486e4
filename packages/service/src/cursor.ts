import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { HttpProblem } from './problem.ts';

/** Turns a place in a list into an opaque text and back; a text that was tampered with is refused. */
export interface CursorCodec {
  encode(place: Readonly<Record<string, string>>): string;
  /** @throws HttpProblem 400 */
  decode(cursor: string): Record<string, unknown>;
}

const SIGNATURE_BYTES = 16;

/** @param secret any secret all copies of the service share; a key is derived from it */
export function createCursorCodec(secret: string): CursorCodec {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'nexmdm cursor', 32));
  const sign = (payload: Buffer) =>
    createHmac('sha256', key).update(payload).digest().subarray(0, SIGNATURE_BYTES);
  return {
    encode(place) {
      const payload = Buffer.from(JSON.stringify(place));
      return Buffer.concat([sign(payload), payload]).toString('base64url');
    },
    decode(cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const signature = bytes.subarray(0, SIGNATURE_BYTES);
      const payload = bytes.subarray(SIGNATURE_BYTES);
      if (
        signature.length !== SIGNATURE_BYTES ||
        !timingSafeEqual(signature, sign(payload)) ||
        bytes.toString('base64url') !== cursor
      ) {
        throw new HttpProblem({
          status: 400,
          code: 'bad-cursor',
          detail: 'The cursor is not one that this API gave out; start again without it.',
          errors: [{ path: 'cursor', message: 'is not a cursor of this API' }],
        });
      }
      return JSON.parse(payload.toString('utf8')) as Record<string, unknown>;
    },
  };
}
