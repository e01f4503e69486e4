import { parseEnvironment, settings, type Environment } from '@nexmdm/service';

export interface QueryConfig {
  logger: { level: string; dir: string | undefined };
  host: string;
  port: number;
  adminKey: string;
  /** The replica when there is one. */
  databaseUrl: string;
  dbPoolMax: number;
  trustProxyHops: number;
  /** A device that was seen within this time is online. */
  onlineWithinSeconds: number;
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
      HOST: settings.host,
      PORT: settings.port(4001),
      LOG_LEVEL: settings.logLevel,
      LOG_DIR: settings.logDir,
      TRUST_PROXY: settings.trustProxy,
      DB_POOL_MAX: settings.dbPoolMax(10),
      HEARTBEAT_INTERVAL_SECONDS: settings.heartbeatIntervalSeconds,
    },
    env,
  );
  return {
    logger: { level: read.LOG_LEVEL, dir: read.LOG_DIR },
    host: read.HOST,
    port: read.PORT,
    adminKey: read.ADMIN_KEY,
    databaseUrl: read.READ_DATABASE_URL ?? read.DATABASE_URL,
    dbPoolMax: read.DB_POOL_MAX,
    trustProxyHops: read.TRUST_PROXY,
    onlineWithinSeconds: INTERVALS_UNTIL_OFFLINE * read.HEARTBEAT_INTERVAL_SECONDS,
  };
}
