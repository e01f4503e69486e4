import type { DeviceProfile } from './device-profile.ts';

/** A device's identity at the server. */
export interface Credentials {
  alias: string;
  deviceId: string;
  token: string;
}

/** A simulated device. */
export interface FleetMember {
  /** Its place in the fleet, from 0. */
  index: number;
  profile: DeviceProfile;
  credentials: Credentials;
  /** Whether the server has taken this token in this run; one of an earlier run may mean nothing any more. */
  confirmed: boolean;
}

/**
 * The alias of a device: `<fleet>-0001`, with what its operator added to it, and a number behind it
 * for the second attempt and those after it.
 */
export function aliasOf(
  fleet: string,
  index: number,
  place: string | undefined,
  attempt = 1,
): string {
  const number = String(index + 1).padStart(4, '0');
  const base = attempt === 1 ? `${fleet}-${number}` : `${fleet}-${number}-${attempt}`;
  return place === undefined ? base : `${base} ${place}`;
}
