export { LockHeldError, withLock } from './advisory-lock.ts';
export { backfillStatus } from './backfill-status.ts';
export type { BackfillOptions, BackfillProgress, BackfillResult } from './backfill-status.ts';
export { addDays, DAY_MS, dayOf, partitionName, startOfDay } from './day.ts';
export type { Day } from './day.ts';
export { inSnapshot } from './in-snapshot.ts';
export { listPendingMigrations, migrate, MigrationError } from './migrator.ts';
export { openDatabase } from './pool.ts';
export type { DatabaseHandle, DatabaseOptions } from './pool.ts';
export { changeFlag } from './queries/change-flag.ts';
export type { FlagChange } from './queries/change-flag.ts';
export { deleteDevice } from './queries/delete-device.ts';
export { BUCKET_MS, dualWrite } from './queries/dual-write.ts';
export type { DualWriteResult } from './queries/dual-write.ts';
export { ensurePartition } from './queries/ensure-partition.ts';
export { ensurePartitions } from './queries/ensure-partitions.ts';
export type { DeviceTotal } from './queries/count-devices.ts';
export type { DeviceRow } from './queries/device-columns.ts';
export type { DeviceFilter } from './queries/device-filter.ts';
export { DEVICE_SORTS } from './queries/device-sort.ts';
export type { DevicePlace, DeviceSort } from './queries/device-sort.ts';
export { findDeviceRegistration } from './queries/find-device-registration.ts';
export type { DeviceRegistration } from './queries/find-device-registration.ts';
export { LOW_BATTERY_PCT } from './queries/count-fleet.ts';
export { countForgotten } from './queries/count-forgotten.ts';
export { listDevicesWithEarlyHistory } from './queries/list-devices-with-early-history.ts';
export { findHistoryStart } from './queries/find-history-start.ts';
export { findDevicesByToken } from './queries/find-devices-by-token.ts';
export type { DeviceCredential } from './queries/find-devices-by-token.ts';
export { AliasTakenError, insertDevice } from './queries/insert-device.ts';
export { AliasesTakenError, insertDevices } from './queries/insert-devices.ts';
export type { BulkDevice } from './queries/insert-devices.ts';
export { listAuthChanges, pruneAuthChanges } from './queries/list-auth-changes.ts';
export { listDeletedDevices } from './queries/list-deleted-devices.ts';
export type {
  DeletedDevicePlace,
  DeletedDeviceRow,
  ListDeletedDevicesOptions,
} from './queries/list-deleted-devices.ts';
export type { ListedDevice } from './queries/list-devices.ts';
export { listFlagChanges } from './queries/list-flag-changes.ts';
export { listFlagValues } from './queries/list-flag-values.ts';
export type { FlagValue } from './queries/list-flag-values.ts';
export type { OfflineGroup, OfflineGroups } from './queries/group-offline.ts';
export { bucketStart, listHeartbeatBuckets } from './queries/list-heartbeat-buckets.ts';
export type { HeartbeatBucketsOptions } from './queries/list-heartbeat-buckets.ts';
export { listHeartbeats } from './queries/list-heartbeats.ts';
export type { HeartbeatRow, ListHeartbeatsOptions } from './queries/list-heartbeats.ts';
export { listMissingPartitions } from './queries/list-missing-partitions.ts';
export { listTakenAliases } from './queries/list-taken-aliases.ts';
export { measureAvailability } from './queries/measure-availability.ts';
export type { Availability, AvailabilityOptions, Gap } from './queries/measure-availability.ts';
export { ping } from './queries/ping.ts';
export { readServerState } from './queries/read-server-state.ts';
export type { DatabaseServerState } from './queries/read-server-state.ts';
export { refreshStatus, STATUS_CHANGES } from './queries/refresh-status.ts';
export type {
  DeviceRange,
  RefreshStatusOptions,
  StatusChange,
  StatusChangeCounts,
  StatusChangeKind,
  StatusRefresh,
} from './queries/refresh-status.ts';
export { restoreDevice } from './queries/restore-device.ts';
export type { RestoreOutcome } from './queries/restore-device.ts';
export { revokeDeviceToken } from './queries/revoke-device-token.ts';
export { rotateDeviceToken } from './queries/rotate-device-token.ts';
export type { RotatedToken, TokenRotation } from './queries/rotate-device-token.ts';
export { findLastJobRun } from './queries/find-last-job-run.ts';
export { giveUpJobRuns } from './queries/give-up-job-runs.ts';
export { importDevices } from './queries/import-devices.ts';
export type { DeviceOutcome, ImportedDevice } from './queries/import-devices.ts';
export { countHeartbeats, importHeartbeats } from './queries/import-heartbeats.ts';
export type { ImportedHeartbeat } from './queries/import-heartbeats.ts';
export {
  ImportSourceError,
  prepareImportSource,
  readImportSource,
} from './queries/import-source.ts';
export type { ImportSource, SourceTable } from './queries/import-source.ts';
export { readMonitoringDefaults, readSourceDevices } from './queries/import-source-devices.ts';
export type {
  MonitoringDefaults,
  SourceDevice,
  SourceState,
} from './queries/import-source-devices.ts';
export { readSourceHeartbeats } from './queries/import-source-heartbeats.ts';
export type { SourceHeartbeat } from './queries/import-source-heartbeats.ts';
export { importStatuses } from './queries/import-statuses.ts';
export type { ImportedStatus, StatusOutcome } from './queries/import-statuses.ts';
export { listClosedDays } from './queries/list-closed-days.ts';
export { saveJobRun } from './queries/save-job-run.ts';
export { startJobRun } from './queries/start-job-run.ts';
export { STATE_COLUMN_TYPES, STATE_COLUMNS } from './queries/state-columns.ts';
export type { StateColumn } from './queries/state-columns.ts';
export { updateDevice } from './queries/update-device.ts';
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
export type { Database, Device, NewDevice, StateColumns } from './tables.ts';
