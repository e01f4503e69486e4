export { addDays, DAY_MS, dayOf, partitionName, startOfDay } from './day.ts';
export type { Day } from './day.ts';
export { listPendingMigrations, migrate, MigrationError } from './migrator.ts';
export { openDatabase } from './pool.ts';
export type { DatabaseHandle, DatabaseOptions } from './pool.ts';
export { changeFlag } from './queries/change-flag.ts';
export type { FlagChange } from './queries/change-flag.ts';
export { BUCKET_MS, dualWrite } from './queries/dual-write.ts';
export type { DualWriteResult } from './queries/dual-write.ts';
export { ensurePartition } from './queries/ensure-partition.ts';
export { ensurePartitions } from './queries/ensure-partitions.ts';
export type { DeviceTotal } from './queries/count-devices.ts';
export type { DeviceRow } from './queries/device-columns.ts';
export type { DeviceFilter } from './queries/device-filter.ts';
export { DEVICE_SORTS } from './queries/device-sort.ts';
export type { DevicePlace, DeviceSort } from './queries/device-sort.ts';
export { findDevicesByToken } from './queries/find-devices-by-token.ts';
export type { DeviceCredential } from './queries/find-devices-by-token.ts';
export { AliasTakenError, insertDevice } from './queries/insert-device.ts';
export { listAuthChanges, pruneAuthChanges } from './queries/list-auth-changes.ts';
export type { ListedDevice } from './queries/list-devices.ts';
export { listFlagChanges } from './queries/list-flag-changes.ts';
export { listFlagValues } from './queries/list-flag-values.ts';
export type { FlagValue } from './queries/list-flag-values.ts';
export type { OfflineGroup, OfflineGroups } from './queries/group-offline.ts';
export { listHeartbeats } from './queries/list-heartbeats.ts';
export type { HeartbeatRow, ListHeartbeatsOptions } from './queries/list-heartbeats.ts';
export { listMissingPartitions } from './queries/list-missing-partitions.ts';
export { ping } from './queries/ping.ts';
export { readServerState } from './queries/read-server-state.ts';
export type { DatabaseServerState } from './queries/read-server-state.ts';
export { updateDeviceFacts } from './queries/update-device-facts.ts';
export type { FactsUpdate } from './queries/update-device-facts.ts';
export {
  errorCode,
  isConnectionFault,
  isLockTimeout,
  isMissingPartition,
  isPoison,
  mayPass,
} from './sqlstate.ts';
export { createFastReads, createLegacyReads } from './status-reads.ts';
export type { DeviceListing, StatusReads, StatusReadsOptions } from './status-reads.ts';
export type { Database, Device, NewDevice } from './tables.ts';
