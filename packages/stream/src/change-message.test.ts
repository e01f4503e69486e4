import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeChanges, encodeChanges, MAX_MESSAGE_IDS } from './change-message.ts';
import { sampleDevice } from '../test/sample-record.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => sampleDevice(index));

describe('a message about changed devices', () => {
  test('says what was put in', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid(), { maxLength: 50 }), fc.nat(), (some, more) => {
        const changes = { changed: some.length + more, ids: some };
        expect(decodeChanges(encodeChanges(changes))).toEqual(changes);
      }),
    );
  });

  test('may be as large as the feed makes it', () => {
    const changes = { changed: 1e9, ids: ids(MAX_MESSAGE_IDS) };
    expect(decodeChanges(encodeChanges(changes))).toEqual(changes);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{"v":1,'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['another version', '{"v":2,"n":0,"ids":[]}'],
    ['no number', '{"v":1,"n":"1","ids":[]}'],
    ['less than it names', encodeChanges({ changed: 1, ids: ids(2) })],
    ['an id that is none', '{"v":1,"n":1,"ids":["1; DROP TABLE devices"]}'],
    ['an id that is no text', '{"v":1,"n":1,"ids":[7]}'],
    ['ids that are no list', '{"v":1,"n":1,"ids":{"length":0}}'],
    ['too many ids', encodeChanges({ changed: 2_000, ids: ids(MAX_MESSAGE_IDS + 1) })],
    ['too long', `{"v":1,"n":0,"ids":[]}${' '.repeat(100_000)}`],
  ])('is none: %s', (_what, text) => {
    expect(decodeChanges(text)).toBeUndefined();
  });

  test('is none when it is any other text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeChanges(text)).toBeUndefined();
      }),
    );
  });
});
