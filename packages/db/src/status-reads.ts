import type { FleetCounts, OfflineGroupBy } from '@nexmdm/contracts';
import type { Kysely } from 'kysely';
import { countDevices, type DeviceTotal } from './queries/count-devices.ts';
import { countFleet } from './queries/count-fleet.ts';
import type { DeviceRow } from './queries/device-columns.ts';
import type { DeviceFilter } from './queries/device-filter.ts';
import type { DevicePlace, DeviceSort } from './queries/device-sort.ts';
import { findDevice, listDevicesById } from './queries/find-device.ts';
import { groupOffline, type OfflineGroups } from './queries/group-offline.ts';
import { listDevices, type ListedDevice } from './queries/list-devices.ts';
import { HISTORY, LAST_STATUS, type StatusSource } from './queries/status-source.ts';
import type { Database } from './tables.ts';

export interface DeviceListing {
  filter: DeviceFilter;
  sort: DeviceSort;
  /** The last device of the page before. */
  after?: DevicePlace | undefined;
  /** How many to pass over; for lists with page numbers. */
  offset?: number | undefined;
  limit: number;
}

/** What is asked of the fleet's state. The two ways of reading give the same answers. */
export interface StatusReads {
  /** A page of the devices that are not deleted. */
  listDevices(listing: DeviceListing): Promise<ListedDevice[]>;
  /** How many match. Beyond `exactUpTo` the fast way may estimate; Infinity asks for the exact number. */
  countDevices(filter: DeviceFilter, exactUpTo: number): Promise<DeviceTotal>;
  /** One device that is not deleted. */
  findDevice(id: string): Promise<DeviceRow | undefined>;
  /** Those of the devices that exist and are not deleted, in no order. */
  listDevicesById(ids: readonly string[]): Promise<DeviceRow[]>;
  countFleet(): Promise<FleetCounts>;
  groupOffline(groupBy: OfflineGroupBy, limit: number): Promise<OfflineGroups>;
}

export interface StatusReadsOptions {
  /** A device that was seen within this time is online. */
  onlineWithinSeconds: number;
}

/** Reads `device_last_status`, which the writer keeps: milliseconds, however large the fleet. */
export function createFastReads(db: Kysely<Database>, options: StatusReadsOptions): StatusReads {
  return createReads(db, LAST_STATUS, options);
}

/**
 * Derives every state from `device_heartbeats` alone: slow, and the reference for the fast way. What
 * is older than the retention it doesn't know.
 */
export function createLegacyReads(db: Kysely<Database>, options: StatusReadsOptions): StatusReads {
  return createReads(db, HISTORY, options);
}

function createReads(
  db: Kysely<Database>,
  source: StatusSource,
  { onlineWithinSeconds }: StatusReadsOptions,
): StatusReads {
  const common = { source, onlineWithinSeconds };
  return {
    listDevices: (listing) => listDevices(db, { ...common, ...listing }),
    countDevices: (filter, exactUpTo) =>
      countDevices(db, {
        ...common,
        filter,
        // To derive the state of some devices takes as long as of all.
        exactUpTo: source.indexed ? exactUpTo : Infinity,
      }),
    findDevice: (id) => findDevice(db, id, common),
    listDevicesById: (ids) => listDevicesById(db, ids, common),
    countFleet: () => countFleet(db, common),
    groupOffline: (groupBy, limit) => groupOffline(db, { ...common, groupBy, limit }),
  };
}
