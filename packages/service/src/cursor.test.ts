import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { z } from 'zod';
import { createCursorCodec } from './cursor.ts';
import { HttpProblem } from './problem.ts';

const codec = createCursorCodec('a secret that all copies share');
const anyPlace = z.unknown();
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function expectRefused(cursor: string): void {
  expect(() => codec.decode(cursor, anyPlace)).toThrow(HttpProblem);
  expect(() => codec.decode(cursor, anyPlace)).toThrow(expect.objectContaining({ status: 400 }));
}

describe('a cursor', () => {
  test('comes back as the place it was made of, and fits into a URL', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string({ unit: 'binary' }), { noNullPrototype: true }),
        (place) => {
          const cursor = codec.encode(place);
          expect(cursor).toMatch(/^[\w-]+$/);
          expect(codec.decode(cursor, anyPlace)).toEqual(place);
        },
      ),
    );
  });

  test('is read by another copy of the service', () => {
    const other = createCursorCodec('a secret that all copies share');
    expect(other.decode(codec.encode({ alias: 'Überlingen' }), anyPlace)).toEqual({
      alias: 'Überlingen',
    });
  });

  test('is refused when any of its characters is another one', () => {
    const cursor = codec.encode({ alias: 'Kiosk 7' });
    for (let index = 0; index < cursor.length; index += 1) {
      for (const character of ALPHABET) {
        if (cursor[index] === character) continue;
        expectRefused(cursor.slice(0, index) + character + cursor.slice(index + 1));
      }
    }
  });

  test('is refused when it is shorter or longer', () => {
    const cursor = codec.encode({ alias: 'Kiosk 7' });
    for (let length = 0; length < cursor.length; length += 1)
      expectRefused(cursor.slice(0, length));
    for (const more of ['A', '=', ' ', '\n']) expectRefused(cursor + more);
  });

  test('is refused when it is anything', () => {
    fc.assert(fc.property(fc.string(), expectRefused));
  });

  test('of another list is refused', () => {
    const cursor = codec.encode({ alias: 'Kiosk 7' });
    expect(() => codec.decode(cursor, z.object({ before: z.string() }))).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });

  test('of another secret is refused', () => {
    expectRefused(createCursorCodec('another secret').encode({ alias: 'Kiosk 7' }));
  });
});
