import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { HttpProblem } from './problem.ts';

/** Turns a place in a list into an opaque text and back; a text that was tampered with is refused. */
export interface CursorCodec {
  encode(place: Readonly<Record<string, unknown>>): string;
  /**
   * @param schema what the place in this list looks like; a cursor of another list doesn't
   * @throws HttpProblem 400
   */
  decode<T>(cursor: string, schema: z.ZodType<T>): T;
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
    decode(cursor, schema) {
      const bytes = Buffer.from(cursor, 'base64url');
      const signature = bytes.subarray(0, SIGNATURE_BYTES);
      const payload = bytes.subarray(SIGNATURE_BYTES);
      const genuine =
        signature.length === SIGNATURE_BYTES &&
        timingSafeEqual(signature, sign(payload)) &&
        bytes.toString('base64url') === cursor;
      const place = genuine ? schema.safeParse(JSON.parse(payload.toString('utf8'))) : undefined;
      if (place?.success) return place.data;
      throw new HttpProblem({
        status: 400,
        code: 'bad-cursor',
        detail: 'The cursor is not one that this list gave out; start again without it.',
        errors: [{ path: 'cursor', message: 'is not a cursor of this list' }],
      });
    },
  };
}
