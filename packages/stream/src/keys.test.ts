import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { allShardKeys, shardKeys, shardOf } from './keys.ts';
import { sampleDevice } from '../test/sample-record.ts';

describe('the shard of a device', () => {
  test('is always the same, and one of those there are', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uuid(), fc.string()),
        fc.integer({ min: 1, max: 256 }),
        (id, shards) => {
          const shard = shardOf(id, shards);
          expect(shardOf(id, shards)).toBe(shard);
          expect(Number.isInteger(shard) && shard >= 0 && shard < shards).toBe(true);
        },
      ),
    );
  });

  test('doesn’t change from one release to the next', () => {
    // FNV-1a's own test vectors.
    expect(shardOf('', 2 ** 32)).toBe(0x811c9dc5);
    expect(shardOf('a', 2 ** 32)).toBe(0xe40c292c);
    expect(shardOf('foobar', 2 ** 32)).toBe(0xbf9cf968);
  });

  test.each([2, 3, 4, 7, 16])('is about as often each of %i', (shards) => {
    const random = fc.sample(fc.uuid(), 8_000);
    const inSequence = Array.from({ length: 8_000 }, (_, index) => sampleDevice(index));
    for (const devices of [random, inSequence]) {
      const counts = Array.from({ length: shards }, () => 0);
      for (const device of devices) {
        const shard = shardOf(device, shards);
        counts[shard] = (counts[shard] ?? 0) + 1;
      }
      const fair = devices.length / shards;
      expect(Math.min(...counts)).toBeGreaterThan(fair * 0.8);
      expect(Math.max(...counts)).toBeLessThan(fair * 1.2);
    }
  });
});

describe('the keys of a shard', () => {
  test('are in one slot of a cluster, and apart from those of the others', () => {
    expect(shardKeys(3)).toEqual({
      shard: 3,
      stream: 'hb:{3}',
      counts: 'hb:{3}:counts',
      leases: 'hb:{3}:leases',
    });
    const streams = allShardKeys(4).map(({ stream }) => stream);
    expect(streams).toEqual(['hb:{0}', 'hb:{1}', 'hb:{2}', 'hb:{3}']);
  });
});
