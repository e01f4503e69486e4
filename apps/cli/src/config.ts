import { readFileSync } from 'node:fs';
import path from 'node:path';
import { integerSetting, parseEnvironment, settings, type Environment } from '@nexmdm/service';
import { z } from 'zod';

export interface CliConfig {
  adminKey: string | undefined;
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  streamShards: number;
  partitionDaysAhead: number;
  ingestUrl: string;
  queryUrl: string;
  writerUrl: string;
  migrationsFolder: string;
}

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const LINE = /^([A-Z_]+)=(.*)$/;

/**
 * The settings of a command: the environment, and for what it doesn't have the running local stack,
 * which leaves them in `<data folder>/env`.
 *
 * @throws ConfigError naming every bad setting
 */
export function readConfig(env: Environment): CliConfig {
  const dataDir = env['NEXMDM_DATA_DIR'] ?? path.join(REPOSITORY, '.nexmdm');
  const url = (fallback: string, meaning: string) => z.url().default(fallback).describe(meaning);
  const read = parseEnvironment(
    {
      ADMIN_KEY: settings.adminKey.optional(),
      DATABASE_URL: settings.databaseUrl.optional(),
      REDIS_URL: settings.redisUrl.optional(),
      STREAM_SHARDS: settings.streamShards,
      PARTITION_DAYS_AHEAD: integerSetting({
        min: 1,
        max: 365,
        default: 14,
        meaning: 'how many days ahead partitions are made',
      }),
      INGEST_URL: url('http://127.0.0.1:4000', 'where the ingest API answers'),
      QUERY_URL: url('http://127.0.0.1:4001', 'where the query API answers'),
      WRITER_URL: url('http://127.0.0.1:4003', "where the writer's health answers"),
    },
    { ...readLocalStack(path.join(dataDir, 'env')), ...withoutEmpty(env) },
  );
  return {
    adminKey: read.ADMIN_KEY,
    databaseUrl: read.DATABASE_URL,
    redisUrl: read.REDIS_URL,
    streamShards: read.STREAM_SHARDS,
    partitionDaysAhead: read.PARTITION_DAYS_AHEAD,
    ingestUrl: read.INGEST_URL,
    queryUrl: read.QUERY_URL,
    writerUrl: read.WRITER_URL,
    migrationsFolder: path.join(REPOSITORY, 'migrations'),
  };
}

function readLocalStack(file: string): Environment {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No local stack is running, or none that this user may look at.
    return {};
  }
  const matches = text.split('\n').flatMap((line) => LINE.exec(line) ?? []);
  const pairs: [string, string][] = [];
  for (let index = 0; index + 2 < matches.length; index += 3) {
    pairs.push([String(matches[index + 1]), String(matches[index + 2])]);
  }
  return Object.fromEntries(pairs);
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
}
