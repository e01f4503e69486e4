import type { DeviceProfile } from './device-profile.ts';
import type { Random } from './random.ts';

/** What changes with a device from heartbeat to heartbeat. */
export interface DeviceState {
  batteryPct: number;
  charging: boolean;
  temperatureC: number;
  uptimeSeconds: number;
  availableRamMb: number;
  /** What the device would use; without reception it reports `none`. */
  transport: 'wifi' | 'cell';
  unityRunning: boolean;
  /** Since the monitored app was last in front. */
  foregroundAgeSeconds: number;
}

const HOUR_S = 3_600;
const CHARGE_PERCENT_PER_HOUR = 35;
const AMBIENT_C = 24;
const CHARGING_C = 9;
const UNITY_FAILS_EVERY_S = 4 * HOUR_S;
const UNITY_RETURNS_AFTER_S = 600;
const NETWORK_CHANGES_EVERY_S = 2 * HOUR_S;
const REBOOTS_EVERY_S = 48 * HOUR_S;
const MAX_FOREGROUND_AGE_S = 86_400;

export function createDeviceState(profile: DeviceProfile, random: Random): DeviceState {
  const batteryPct = random.between(profile.alwaysPlugged ? 60 : 8, 100);
  return {
    batteryPct,
    charging: profile.alwaysPlugged || random.chance(0.2),
    temperatureC: AMBIENT_C + random.between(-4, 8),
    uptimeSeconds: Math.floor(random.between(60, 30 * 24 * HOUR_S)),
    availableRamMb: Math.round(profile.totalRamMb * random.between(0.1, 0.5)),
    transport: random.chance(0.8) ? 'wifi' : 'cell',
    unityRunning: random.chance(0.95),
    foregroundAgeSeconds: Math.floor(random.between(0, 60)),
  };
}

/** The state after some time has gone by. */
export function advanceDevice(
  state: DeviceState,
  profile: DeviceProfile,
  seconds: number,
  random: Random,
): DeviceState {
  const happens = (everySeconds: number) => random.chance(1 - Math.exp(-seconds / everySeconds));
  const rebooted = happens(REBOOTS_EVERY_S);
  const unityRunning =
    rebooted ||
    (state.unityRunning ? !happens(UNITY_FAILS_EVERY_S) : happens(UNITY_RETURNS_AFTER_S));
  return {
    ...advanceBattery(state, profile, seconds, random),
    temperatureC: advanceTemperature(state, seconds, random),
    uptimeSeconds: rebooted
      ? Math.floor(random.between(5, 60))
      : state.uptimeSeconds + Math.round(seconds),
    availableRamMb: clamp(
      state.availableRamMb + Math.round(random.between(-80, 80)),
      Math.round(profile.totalRamMb * 0.05),
      Math.round(profile.totalRamMb * 0.6),
    ),
    transport: happens(NETWORK_CHANGES_EVERY_S) ? otherTransport(state) : state.transport,
    unityRunning,
    foregroundAgeSeconds: unityRunning
      ? Math.floor(random.between(0, 60))
      : Math.min(MAX_FOREGROUND_AGE_S, state.foregroundAgeSeconds + Math.round(seconds)),
  };
}

function advanceBattery(
  { batteryPct, charging }: DeviceState,
  { alwaysPlugged, drainPercentPerHour }: DeviceProfile,
  seconds: number,
  random: Random,
): Pick<DeviceState, 'batteryPct' | 'charging'> {
  const perHour = charging ? CHARGE_PERCENT_PER_HOUR : -drainPercentPerHour;
  const next = clamp(batteryPct + (perHour * seconds) / HOUR_S, 0, 100);
  if (alwaysPlugged) return { batteryPct: next, charging: true };
  // Somebody unplugs a full phone soon, and plugs in one that runs low a little later.
  if (charging) return { batteryPct: next, charging: next < 100 || random.chance(0.8) };
  return { batteryPct: next, charging: next < 1 || (next < 15 && random.chance(0.1)) };
}

function advanceTemperature(state: DeviceState, seconds: number, random: Random): number {
  const target = AMBIENT_C + (state.charging ? CHARGING_C : 0);
  const approached = 1 - Math.exp(-seconds / 900);
  const next = state.temperatureC + (target - state.temperatureC) * approached;
  return clamp(next + random.between(-0.5, 0.5), -20, 60);
}

function otherTransport(state: DeviceState): DeviceState['transport'] {
  return state.transport === 'wifi' ? 'cell' : 'wifi';
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
