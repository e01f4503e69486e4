import { integerSetting, parseEnvironment, settings, type Environment } from '@nexmdm/service';

export interface IngestConfig {
  logger: { level: string; dir: string | undefined };
  host: string;
  port: number;
  adminKey: string;
  databaseUrl: string;
  dbPoolMax: number;
  redisUrl: string;
  streamShards: number;
  trustProxyHops: number;
  /** Told to devices as the time to their next heartbeat. */
  heartbeatIntervalSeconds: number;
  /** How old a heartbeat of a replayed batch may be. */
  backfillWindowMs: number;
  /** Heartbeats that may wait to be stored before new ones are turned away. */
  maxBacklog: number;
  tokenCacheMax: number;
}

const HOUR_MS = 3_600_000;

/** @throws ConfigError naming every bad setting */
export function readConfig(env: Environment): IngestConfig {
  const read = parseEnvironment(
    {
      ADMIN_KEY: settings.adminKey,
      DATABASE_URL: settings.databaseUrl,
      REDIS_URL: settings.redisUrl,
      HOST: settings.host,
      PORT: settings.port(4000),
      LOG_LEVEL: settings.logLevel,
      LOG_DIR: settings.logDir,
      TRUST_PROXY: settings.trustProxy,
      DB_POOL_MAX: settings.dbPoolMax(4),
      STREAM_SHARDS: settings.streamShards,
      HEARTBEAT_INTERVAL_SECONDS: settings.heartbeatIntervalSeconds,
      BACKFILL_WINDOW_HOURS: integerSetting({
        min: 1,
        max: 8_760,
        default: 168,
        meaning: 'how old a heartbeat of a replayed batch may be, in hours',
      }),
      INGEST_MAX_BACKLOG: integerSetting({
        min: 1,
        max: 1_000_000_000,
        default: 1_000_000,
        meaning: 'heartbeats that may wait in Redis before new ones are answered with 503',
      }),
      TOKEN_CACHE_MAX: integerSetting({
        min: 100,
        max: 50_000_000,
        default: 1_200_000,
        meaning: 'device tokens kept in memory',
      }),
    },
    env,
  );
  return {
    logger: { level: read.LOG_LEVEL, dir: read.LOG_DIR },
    host: read.HOST,
    port: read.PORT,
    adminKey: read.ADMIN_KEY,
    databaseUrl: read.DATABASE_URL,
    dbPoolMax: read.DB_POOL_MAX,
    redisUrl: read.REDIS_URL,
    streamShards: read.STREAM_SHARDS,
    trustProxyHops: read.TRUST_PROXY,
    heartbeatIntervalSeconds: read.HEARTBEAT_INTERVAL_SECONDS,
    backfillWindowMs: read.BACKFILL_WINDOW_HOURS * HOUR_MS,
    maxBacklog: read.INGEST_MAX_BACKLOG,
    tokenCacheMax: read.TOKEN_CACHE_MAX,
  };
}
