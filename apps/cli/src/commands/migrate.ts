import {
  dayOf,
  ensurePartitions,
  listMissingPartitions,
  listPendingMigrations,
  migrate,
  type DatabaseHandle,
} from '@nexmdm/db';
import type { Logger } from '@nexmdm/service';
import { ensureGroups, listMissingGroups, type StreamRedis } from '@nexmdm/stream';
import type { Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { requireSetting } from '../command-error.ts';
import type { CliConfig } from '../config.ts';
import { withDatabase } from '../with-database.ts';
import { withRedis } from '../with-redis.ts';

export interface MigrateResult {
  dry_run: boolean;
  /** The names of the migrations that were run, or would be. */
  migrations: string[];
  /** The days whose partitions were made, or would be. */
  partitions: string[];
  /** How many streams got their group, or would. */
  stream_groups: number;
}

export function addMigrateCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('migrate')
    .description('make the tables, the partitions of the next days and the stream groups')
    .option('--dry-run', 'say what is missing and change nothing');
  withExample(command, 'migrate --dry-run').action(
    async (options: { dryRun?: true; json?: true }) => {
      const config = context.readConfig();
      const logger = context.createLogger(config);
      const result = await runMigrate(config, logger, options.dryRun === true);
      if (options.json) context.output.printJson(result);
      else context.output.print(describe(result));
    },
  );
}

/**
 * Brings the database and Redis to what this version needs: the tables, the partitions of today and
 * the days ahead, the streams' consumer groups. Whatever is there already stays as it is.
 */
async function runMigrate(
  config: CliConfig,
  logger: Logger,
  dryRun: boolean,
): Promise<MigrateResult> {
  const databaseUrl = requireSetting(config.databaseUrl, 'DATABASE_URL');
  const redisUrl = requireSetting(config.redisUrl, 'REDIS_URL');
  const database = {
    url: databaseUrl,
    applicationName: 'nexmdm-migrate',
    // Building an index on a large table takes as long as it takes.
    statementTimeoutMs: 0,
    logger,
  };
  const work = dryRun ? listMissing : makeMissing;
  // Both are reached before anything changes.
  return withRedis({ url: redisUrl, name: 'nexmdm-migrate', logger }, (redis) =>
    withDatabase(database, async (db) => ({
      dry_run: dryRun,
      ...(await work(db, redis, config)),
    })),
  );
}

type Missing = Omit<MigrateResult, 'dry_run'>;

async function makeMissing(
  db: DatabaseHandle['db'],
  redis: StreamRedis,
  config: CliConfig,
): Promise<Missing> {
  return {
    migrations: await migrate(db, config.migrationsFolder),
    partitions: await ensurePartitions(db, dayOf(Date.now()), config.partitionDaysAhead),
    stream_groups: await ensureGroups(redis, config.streamShards),
  };
}

async function listMissing(
  db: DatabaseHandle['db'],
  redis: StreamRedis,
  config: CliConfig,
): Promise<Missing> {
  const groups = await listMissingGroups(redis, config.streamShards);
  return {
    migrations: await listPendingMigrations(db, config.migrationsFolder),
    partitions: await listMissingPartitions(db, dayOf(Date.now()), config.partitionDaysAhead),
    stream_groups: groups.length,
  };
}

function describe({ dry_run, migrations, partitions, stream_groups }: MigrateResult): string {
  const [first, last] = [partitions.at(0), partitions.at(-1)];
  const lines = [
    ...migrations.map((name) => `migration  ${name}`),
    ...(first === undefined || last === undefined
      ? []
      : [`partitions ${partitions.length}: ${first === last ? first : `${first} to ${last}`}`]),
    ...(stream_groups > 0 ? [`groups     ${stream_groups}`] : []),
  ];
  if (lines.length === 0) return 'Everything is there already.';
  return [
    dry_run ? 'Missing; nothing was changed:' : 'Made:',
    ...lines.map((line) => `  ${line}`),
  ].join('\n');
}
