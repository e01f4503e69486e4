import {
  findDeviceRegistration,
  listHeartbeatBuckets,
  listHeartbeats,
  measureAvailability,
  type Availability,
  type AvailabilityOptions,
  type DatabaseHandle,
  type DeviceRegistration,
  type HeartbeatBucketsOptions,
  type HeartbeatRow,
  type ListHeartbeatsOptions,
} from '@nexmdm/db';
import type { HeartbeatBucket } from '@nexmdm/contracts';

/** What is read of the history of one device. */
export interface HistoryReader {
  findDeviceRegistration(id: string): Promise<DeviceRegistration | undefined>;
  listHeartbeats(options: ListHeartbeatsOptions): Promise<HeartbeatRow[]>;
  listHeartbeatBuckets(options: HeartbeatBucketsOptions): Promise<HeartbeatBucket[]>;
  measureAvailability(options: AvailabilityOptions): Promise<Availability>;
}

/** @param read runs a query of this name, watching its time and its errors */
export function createHistoryReader(
  db: DatabaseHandle['db'],
  read: <T>(query: string, run: () => Promise<T>) => Promise<T>,
): HistoryReader {
  return {
    findDeviceRegistration: (id) =>
      read('device_registration', () => findDeviceRegistration(db, id)),
    listHeartbeats: (options) => read('list_heartbeats', () => listHeartbeats(db, options)),
    listHeartbeatBuckets: (options) =>
      read('list_heartbeat_buckets', () => listHeartbeatBuckets(db, options)),
    measureAvailability: (options) => read('availability', () => measureAvailability(db, options)),
  };
}
