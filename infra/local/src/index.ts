export { freePort } from './ports.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
export type { ExitStatus, RunningProcess } from './processes.ts';
export { type RedisOptions, type RedisServer, startRedis } from './redis.ts';
export { findRedisBinary, type FindRedisOptions } from './redis-binary.ts';
export type { RedisBinary } from './redis-probe.ts';
export { type ServiceOptions, startService } from './service-process.ts';
export { StartError } from './start-error.ts';
export { listenForStop, type StopRequests } from './stop-request.ts';
