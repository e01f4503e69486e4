import type { FleetCounts } from '@nexmdm/contracts';
import type { DeviceListing, DeviceRow, DeviceTotal, ListedDevice, StatusReads } from '@nexmdm/db';

/** The reads that have a fast and a legacy way, as metrics and logs name them. */
export const QUERY_NAMES = [
  'list_devices',
  'get_device',
  'offline_devices',
  'unity_down',
  'fleet_counts',
] as const;
export type QueryName = (typeof QUERY_NAMES)[number];

export interface DevicePage {
  devices: ListedDevice[];
  /** Undefined where it was not asked for. */
  total: DeviceTotal | undefined;
}

/** Something that can be asked in either way; the answers can be compared. */
export interface Question<T> {
  name: QueryName;
  ask(reads: StatusReads): Promise<T>;
  /** What of the answer is compared. */
  devicesOf?(answer: T): readonly DeviceRow[];
  numbersOf?(answer: T): Readonly<Record<string, number>>;
}

/** @param countUpTo how many matching devices are counted exactly; undefined for no total */
export function devicePage(
  name: QueryName,
  listing: DeviceListing,
  countUpTo: number | undefined,
): Question<DevicePage> {
  return {
    name,
    async ask(reads) {
      const [devices, total] = await Promise.all([
        reads.listDevices(listing),
        countUpTo === undefined ? undefined : reads.countDevices(listing.filter, countUpTo),
      ]);
      return { devices, total };
    },
    devicesOf: ({ devices }) => devices,
    numbersOf: ({ total }) =>
      total === undefined || total.isEstimate ? {} : { total: total.total },
  };
}

export function oneDevice(id: string): Question<DeviceRow | undefined> {
  return {
    name: 'get_device',
    ask: (reads) => reads.findDevice(id),
    devicesOf: (device) => (device === undefined ? [] : [device]),
  };
}

export const fleetCounts: Question<FleetCounts> = {
  name: 'fleet_counts',
  ask: (reads) => reads.countFleet(),
  numbersOf: (counts) => ({ ...counts }),
};
