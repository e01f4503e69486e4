import { heartbeatSchema } from '@nexmdm/contracts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { advanceDevice, createDeviceState } from './device-model.ts';
import { createDeviceProfile } from './device-profile.ts';
import { heartbeatBody } from './heartbeat-body.ts';
import { createRandom } from './random.ts';

const TAKEN_AT = Date.UTC(2026, 10, 23, 9, 41, 7, 512);

/** Heartbeats of one device, an hour of which is `gaps` long. */
function heartbeatsOf(
  index: number,
  seed: number,
  gaps: readonly number[],
  online = true,
): string[] {
  const profile = createDeviceProfile(index);
  const random = createRandom(seed, index);
  let state = createDeviceState(profile, random);
  return gaps.map((seconds) => {
    state = advanceDevice(state, profile, seconds, random);
    return heartbeatBody({
      deviceId: '6f1c2f0e-5d0b-4c55-9f0e-3a3f1e1f9a10',
      alias: 'sim-0001',
      profile,
      state,
      takenAt: TAKEN_AT,
      online,
      queueDepth: 3,
    });
  });
}

const parse = (text: string) => heartbeatSchema.parse(JSON.parse(text));
const gaps = fc.array(fc.integer({ min: 0, max: 86_400 }), { minLength: 1, maxLength: 30 });
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('a simulated device', () => {
  test('sends only what the contract takes, whatever happens to it', () => {
    fc.assert(
      fc.property(fc.nat(100_000), seeds, gaps, fc.boolean(), (index, seed, gaps, online) => {
        for (const text of heartbeatsOf(index, seed, gaps, online)) {
          const { battery, network, memory } = parse(text);
          expect(battery.pct).toBeGreaterThanOrEqual(0);
          expect(battery.pct).toBeLessThanOrEqual(100);
          expect(memory.avail_ram_mb).toBeLessThan(memory.total_ram_mb);
          if (network.transport !== 'wifi') expect(network.ssid ?? null).toBeNull();
          if (!online) expect(network.transport).toBe('none');
        }
      }),
    );
  });

  test('does the same with the same seed', () => {
    fc.assert(
      fc.property(fc.nat(1_000), seeds, gaps, (index, seed, gaps) => {
        expect(heartbeatsOf(index, seed, gaps)).toEqual(heartbeatsOf(index, seed, gaps));
      }),
    );
  });

  test('is now and then one with an older agent, or with an alias in another script', () => {
    const profiles = Array.from({ length: 200 }, (_, index) => createDeviceProfile(index));
    const older = profiles.findIndex((profile) => profile.olderAgent);
    const [body = ''] = heartbeatsOf(older, 1, [60]);
    expect(JSON.parse(body)).not.toHaveProperty('app_version');
    expect(JSON.parse(body)).not.toHaveProperty('unity_process_running');
    expect(profiles.filter((profile) => profile.olderAgent).length).toBeLessThan(60);
    expect(profiles.some(({ place }) => place === '店舗')).toBe(true);
  });

  test('drains its battery, is charged, changes its network and loses the app within some days', () => {
    const minutes = Array.from({ length: 3 * 24 * 60 }, () => 60);
    const phone = Array.from({ length: 50 }, (_, index) => index).find((index) => {
      const { alwaysPlugged, olderAgent } = createDeviceProfile(index);
      return !alwaysPlugged && !olderAgent;
    });
    const seen = heartbeatsOf(phone ?? 0, 5, minutes).map(parse);
    const levels = seen.map(({ battery }) => battery.pct);
    expect(Math.min(...levels)).toBeLessThan(20);
    expect(Math.max(...levels)).toBeGreaterThan(95);
    expect(new Set(seen.map(({ network }) => network.transport))).toEqual(
      new Set(['wifi', 'cell']),
    );
    expect(new Set(seen.map((one) => one.unity_process_running))).toEqual(new Set([true, false]));
  });
});
