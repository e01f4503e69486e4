import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigError,
  integerSetting,
  parseEnvironment,
  settings,
  type Environment,
} from '@nexmdm/service';
import { z } from 'zod';

export interface CliConfig {
  adminKey: string | undefined;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  streamShards: number;
  partitionDaysAhead: number;
  retentionDays: number;
  ingestUrl: string;
  queryUrl: string;
  writerUrl: string;
  /** The local stack's folder; nothing is there when none was ever started. */
  dataDir: string;
  migrationsFolder: string;
  /** Whether somebody looks for the cause of a failure: stack traces and the packages' logs are shown. */
  debug: boolean;
}

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

const serviceUrl = (fallback: string, meaning: string) =>
  z
    .url({ protocol: /^https?$/, error: 'must be a URL starting with http:// or https://' })
    .default(fallback)
    .describe(meaning);

const whole = (min: number, max: number, fallback: number, meaning: string) =>
  integerSetting({ min, max, default: fallback, meaning });

const shape = {
  ADMIN_KEY: settings.adminKey.optional(),
  DATABASE_URL: settings.databaseUrl.optional(),
  REDIS_URL: settings.redisUrl.optional(),
  STREAM_SHARDS: settings.streamShards,
  PARTITION_DAYS_AHEAD: whole(1, 365, 14, 'how many days ahead partitions are made'),
  RETENTION_DAYS: whole(7, 365, 90, 'how many days of history are kept'),
  INGEST_URL: serviceUrl('http://127.0.0.1:4000', 'where the ingest API answers'),
  QUERY_URL: serviceUrl('http://127.0.0.1:4001', 'where the query API answers'),
  WRITER_URL: serviceUrl('http://127.0.0.1:4003', "where the writer's health answers"),
  NEXMDM_DATA_DIR: z.string().default('.nexmdm').describe("the local stack's folder"),
  LOG_LEVEL: settings.logLevel,
};

/** What only the services read: an operator's shell or a deployment has all settings in one place. */
const servicesShape = {
  READ_DATABASE_URL: settings.databaseUrl.optional(),
  HEARTBEAT_INTERVAL_SECONDS: settings.heartbeatIntervalSeconds,
  READ_FROM_LAST_STATUS: settings.readFromLastStatus,
  PERF_DIFF_ENABLED: settings.perfDiffEnabled,
  PERF_DIFF_SAMPLE: settings.perfDiffSample,
  TRUST_PROXY: settings.trustProxy,
  DB_POOL_MAX: settings.dbPoolMax(4),
  BACKFILL_WINDOW_HOURS: whole(1, 8_760, 168, 'how old a replayed heartbeat may be, in hours'),
  INGEST_MAX_BACKLOG: whole(1, 1_000_000_000, 1_000_000, 'heartbeats that may wait in Redis'),
  TOKEN_CACHE_MAX: whole(100, 50_000_000, 1_200_000, 'device tokens kept in memory'),
  WRITER_BATCH_MAX_ROWS: whole(1, 50_000, 2_000, 'heartbeats written with one statement'),
  WRITER_BATCH_MAX_WAIT_MS: whole(0, 5_000, 50, 'how long a heartbeat waits for others, in ms'),
  PORT: settings.port(4000),
  HOST: settings.host,
  LOG_DIR: settings.logDir,
};

/**
 * The settings of a command: the environment, and for what it doesn't have the running local stack,
 * which leaves them in `<data folder>/env`.
 *
 * @throws ConfigError naming every bad setting
 */
export function readConfig(env: Environment): CliConfig {
  const dataDir = dataDirOf(env);
  const read = parseEnvironment(shape, withLocalStack(env));
  return {
    adminKey: read.ADMIN_KEY,
    databaseUrl: read.DATABASE_URL,
    redisUrl: read.REDIS_URL,
    streamShards: read.STREAM_SHARDS,
    partitionDaysAhead: read.PARTITION_DAYS_AHEAD,
    retentionDays: read.RETENTION_DAYS,
    ingestUrl: read.INGEST_URL,
    queryUrl: read.QUERY_URL,
    writerUrl: read.WRITER_URL,
    dataDir,
    migrationsFolder: path.join(REPOSITORY, 'migrations'),
    debug: read.LOG_LEVEL === 'debug',
  };
}

/** The settings that can be used, and what is wrong with the others, those of the services among them. */
export function inspectConfig(env: Environment): { config: CliConfig; problems: string[] } {
  const given = withLocalStack(env);
  const usable: Record<string, string | undefined> = { ...given };
  const problems: string[] = [];
  for (const [name, schema] of Object.entries({ ...shape, ...servicesShape })) {
    try {
      parseEnvironment({ [name]: schema }, given);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      usable[name] = undefined;
    }
  }
  return { config: readConfig({ ...usable, NEXMDM_DATA_DIR: dataDirOf(env) }), problems };
}

/** Whether an error is shown as a whole, also when the settings are what is wrong. */
export function wantsDebug(env: Environment): boolean {
  return env['LOG_LEVEL'] === 'debug';
}

function dataDirOf(env: Environment): string {
  return path.resolve(REPOSITORY, env['NEXMDM_DATA_DIR']?.trim() || '.nexmdm');
}

function withLocalStack(env: Environment): Environment {
  const set = Object.entries(env).filter(([, value]) => value?.trim());
  return { ...readLocalStack(path.join(dataDirOf(env), 'env')), ...Object.fromEntries(set) };
}

function readLocalStack(file: string): Environment {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No local stack is running, or none that this user may look at.
    return {};
  }
  const lines = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
