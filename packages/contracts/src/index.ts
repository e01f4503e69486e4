export { deviceSchema, deviceStatusSchema, timeSchema } from './device.ts';
export type { DeviceStatus, DeviceView } from './device.ts';
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
export { registerRequestSchema } from './register.ts';
export type { RegisterAnswer, RegisterRequest } from './register.ts';
export { parseIsoTime } from './timestamp.ts';
