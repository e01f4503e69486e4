export { deviceSchema, deviceStatusSchema, timeSchema } from './device.ts';
export type { DeviceStatus, DeviceView } from './device.ts';
export {
  countsEventSchema,
  devicesEventSchema,
  feedEventSchema,
  MAX_EVENT_DEVICES,
} from './events.ts';
export type { CountsEvent, FeedEvent } from './events.ts';
export { fleetCountsSchema } from './fleet.ts';
export type { FleetCounts } from './fleet.ts';
export { FLAG_REACH_SECONDS, flagChangeSchema, flagSchema } from './flag.ts';
export type { FlagView } from './flag.ts';
export { heartbeatBatchSchema, heartbeatSchema, MAX_BATCH_HEARTBEATS } from './heartbeat.ts';
export type {
  Heartbeat,
  HeartbeatAnswer,
  HeartbeatBatch,
  HeartbeatBatchAnswer,
  RejectedHeartbeat,
} from './heartbeat.ts';
export type { DeviceFacts, HeartbeatRecord } from './heartbeat-record.ts';
export { exactJsonReplacer, parseExactJson, stringifyExactJson } from './json.ts';
export { availabilitySchema, heartbeatBucketSchema, heartbeatViewSchema } from './history.ts';
export type { HeartbeatBucket } from './history.ts';
export { registerRequestSchema } from './register.ts';
export type { RegisterAnswer, RegisterRequest } from './register.ts';
export {
  bulkDeviceSchema,
  bulkDryRunAnswerSchema,
  bulkRegisterAnswerSchema,
  DEFAULT_GRACE_SECONDS,
  deletedDeviceSchema,
  deviceChangeSchema,
  MAX_BULK_DEVICES,
  MAX_GRACE_SECONDS,
  restoreRequestSchema,
  rotateTokenAnswerSchema,
  rotateTokenRequestSchema,
} from './registry.ts';
export type { BulkRegisterAnswer, DeviceChange } from './registry.ts';
export { parseIsoTime } from './timestamp.ts';
export {
  evidenceSchema,
  likelyCauseSchema,
  offlineGroupBySchema,
  troubledDeviceSchema,
} from './troubled-device.ts';
export type { Evidence, LikelyCause, OfflineGroupBy, TroubledDevice } from './troubled-device.ts';
