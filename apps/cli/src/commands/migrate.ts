import { dayOf, ensurePartitions, migrate, openDatabase, type DatabaseHandle } from '@nexmdm/db';
import type { Logger } from '@nexmdm/service';
import { closeRedis, ensureGroups, openRedis } from '@nexmdm/stream';
import { requireSetting } from '../command-error.ts';
import type { CliConfig } from '../config.ts';

export interface MigrateResult {
  migrations: string[];
  partitions: string[];
  stream_groups: number;
}

/**
 * Brings the database and Redis to what this version needs: the tables, the partitions of today and
 * the days ahead, the streams' consumer groups. Whatever is there already stays as it is.
 */
export async function runMigrate(config: CliConfig, logger: Logger): Promise<MigrateResult> {
  const database = openDatabase({
    url: requireSetting(config.databaseUrl, 'DATABASE_URL'),
    poolMax: 2,
    applicationName: 'nexmdm-migrate',
    // Building an index on a large table takes as long as it takes.
    statementTimeoutMs: 0,
    connectTimeoutMs: 10_000,
    onConnectionError: (error) => {
      logger.debug('database.connection_lost', { error });
    },
  });
  try {
    return await migrateAll(database, config, logger);
  } finally {
    await database.close();
  }
}

async function migrateAll(
  { db }: DatabaseHandle,
  config: CliConfig,
  logger: Logger,
): Promise<MigrateResult> {
  const migrations = await migrate(db, config.migrationsFolder);
  const partitions = await ensurePartitions(db, dayOf(Date.now()), config.partitionDaysAhead);
  const redis = openRedis({
    url: requireSetting(config.redisUrl, 'REDIS_URL'),
    name: 'nexmdm-migrate',
    logger,
  });
  try {
    await redis.connect();
    return { migrations, partitions, stream_groups: await ensureGroups(redis, config.streamShards) };
  } finally {
    closeRedis(redis);
  }
}
