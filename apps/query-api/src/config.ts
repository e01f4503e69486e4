import { integerSetting, parseEnvironment, settings, type Environment } from '@nexmdm/service';

export interface QueryConfig {
  logger: { level: string; dir: string | undefined };
  host: string;
  port: number;
  adminKey: string;
  /** The primary: for whatever is changed, and for flags. */
  databaseUrl: string;
  /** The replica when there is one, else the primary. */
  readDatabaseUrl: string;
  /** Without it, `/v1/events` has no changed devices. */
  redisUrl: string | undefined;
  /** Clients of `/v1/events`; each keeps a connection. */
  eventsMaxClients: number;
  dbPoolMax: number;
  trustProxyHops: number;
  heartbeatIntervalSeconds: number;
  /** A device that was seen within this time is online. */
  onlineWithinSeconds: number;
  /** What the flag `read-from-last-status` is until somebody sets it. */
  readFromLastStatus: boolean;
  perfDiff: {
    /** What the flag `perf-diff` is until somebody sets it. */
    enabled: boolean;
    /** The share of requests that are compared, 0 to 1. */
    sample: number;
  };
}

/** A device is offline after this many intervals without a heartbeat. */
const INTERVALS_UNTIL_OFFLINE = 3;

/** @throws ConfigError naming every bad setting */
export function readConfig(env: Environment): QueryConfig {
  const read = parseEnvironment(
    {
      ADMIN_KEY: settings.adminKey,
      DATABASE_URL: settings.databaseUrl,
      READ_DATABASE_URL: settings.databaseUrl
        .optional()
        .describe('a replica of the database to read from, default DATABASE_URL'),
      REDIS_URL: settings.redisUrl.optional(),
      EVENTS_MAX_CLIENTS: integerSetting({
        min: 1,
        max: 100_000,
        default: 5_000,
        meaning: 'the most clients that listen to /v1/events of this process',
      }),
      HOST: settings.host,
      PORT: settings.port(4001),
      LOG_LEVEL: settings.logLevel,
      LOG_DIR: settings.logDir,
      TRUST_PROXY: settings.trustProxy,
      DB_POOL_MAX: settings.dbPoolMax(10),
      HEARTBEAT_INTERVAL_SECONDS: settings.heartbeatIntervalSeconds,
      READ_FROM_LAST_STATUS: settings.readFromLastStatus,
      PERF_DIFF_ENABLED: settings.perfDiffEnabled,
      PERF_DIFF_SAMPLE: settings.perfDiffSample,
    },
    env,
  );
  return {
    logger: { level: read.LOG_LEVEL, dir: read.LOG_DIR },
    host: read.HOST,
    port: read.PORT,
    adminKey: read.ADMIN_KEY,
    databaseUrl: read.DATABASE_URL,
    readDatabaseUrl: read.READ_DATABASE_URL ?? read.DATABASE_URL,
    redisUrl: read.REDIS_URL,
    eventsMaxClients: read.EVENTS_MAX_CLIENTS,
    dbPoolMax: read.DB_POOL_MAX,
    trustProxyHops: read.TRUST_PROXY,
    heartbeatIntervalSeconds: read.HEARTBEAT_INTERVAL_SECONDS,
    onlineWithinSeconds: INTERVALS_UNTIL_OFFLINE * read.HEARTBEAT_INTERVAL_SECONDS,
    readFromLastStatus: read.READ_FROM_LAST_STATUS,
    perfDiff: { enabled: read.PERF_DIFF_ENABLED, sample: read.PERF_DIFF_SAMPLE },
  };
}
