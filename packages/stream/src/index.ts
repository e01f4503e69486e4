export { readBacklog } from './backlog.ts';
export type { ShardBacklog } from './backlog.ts';
export { ChangeFeed } from './change-feed.ts';
export { encodeChanges } from './change-message.ts';
export type { Changes } from './change-message.ts';
export { ChangeSubscriber } from './change-subscriber.ts';
export { UndecodableEntryError } from './codec.ts';
export { closeRedis, openRedis, startConnecting } from './connection.ts';
export type { RedisConnectionOptions } from './connection.ts';
export { RENEW_LEASE_MS, ShardConsumer } from './consumer.ts';
export type { StreamEntry } from './consumer.ts';
export {
  addDeadLetter,
  countDeadLetters,
  findDeadLetter,
  listDeadLetters,
  replayDeadLetter,
} from './dead-letters.ts';
export type { DeadLetter, DeadLetterReason, NewDeadLetter } from './dead-letters.ts';
export { countDeadLetterHeartbeats } from './dead-letter-content.ts';
export { assertShards, ensureGroups, isGroupMissing, redisErrorCode } from './groups.ts';
export { allShardKeys, CHANGES_CHANNEL, shardOf } from './keys.ts';
export type { ShardKeys } from './keys.ts';
export { listMissingGroups } from './missing-groups.ts';
export { ProducerBusyError, StreamProducer } from './producer.ts';
export type { StreamRedis } from './scripts.ts';
export { assertSafeRedis, readServerState, warnWithoutLog } from './server-check.ts';
export type { RedisServerState } from './server-check.ts';
export { trimAcknowledged } from './trim.ts';
