import { integerSetting, parseEnvironment, settings, type Environment } from '@nexmdm/service';

export interface WriterConfig {
  logger: { level: string; dir: string | undefined };
  host: string;
  port: number;
  adminKey: string;
  databaseUrl: string;
  dbPoolMax: number;
  redisUrl: string;
  streamShards: number;
  batchMaxRows: number;
  /** How long the first heartbeat of a batch waits for more. */
  batchMaxWaitMs: number;
}

/** @throws ConfigError naming every bad setting */
export function readConfig(env: Environment): WriterConfig {
  const read = parseEnvironment(
    {
      ADMIN_KEY: settings.adminKey,
      DATABASE_URL: settings.databaseUrl,
      REDIS_URL: settings.redisUrl,
      HOST: settings.host,
      PORT: settings.port(4003),
      LOG_LEVEL: settings.logLevel,
      LOG_DIR: settings.logDir,
      DB_POOL_MAX: settings.dbPoolMax(3),
      STREAM_SHARDS: settings.streamShards,
      WRITER_BATCH_MAX_ROWS: integerSetting({
        min: 1,
        max: 50_000,
        default: 2_000,
        meaning: 'the most heartbeats written with one statement',
      }),
      WRITER_BATCH_MAX_WAIT_MS: integerSetting({
        min: 0,
        max: 5_000,
        default: 50,
        meaning: 'how long a heartbeat waits for others to be written with it, in milliseconds',
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
    batchMaxRows: read.WRITER_BATCH_MAX_ROWS,
    batchMaxWaitMs: read.WRITER_BATCH_MAX_WAIT_MS,
  };
}
