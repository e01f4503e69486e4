import {
  dayOf,
  listMissingPartitions,
  listPendingMigrations,
  readServerState,
  type DatabaseHandle,
  type DatabaseServerState,
} from '@nexmdm/db';
import type { Logger } from '@nexmdm/service';
import type { CliConfig } from '../config.ts';
import { POSTGRES_PORT, serverAddress } from '../server-address.ts';
import { withDatabase } from '../with-database.ts';
import { checkClock } from './clock.ts';
import { findingsOf, runCheck, SERVER_TIMEOUT_MS, type Finding } from './finding.ts';

const AREA = 'postgresql';
const { ok, warn, fail } = findingsOf(AREA);

const OLDEST_VERSION = 140_000;
/** Shares of max_connections. */
const WARN_CONNECTIONS = 0.8;
const FAIL_CONNECTIONS = 0.95;
const STATEMENT_TIMEOUT_MS = 4_000;
const MIGRATE = 'run "npx --yes pnpm nexmdm migrate"';

type Db = DatabaseHandle['db'];

export async function checkDatabase(config: CliConfig, logger: Logger): Promise<Finding[]> {
  const { databaseUrl: url } = config;
  if (url === undefined) return [];
  const mend = 'start PostgreSQL, or correct DATABASE_URL';
  const use = {
    url,
    applicationName: 'nexmdm-doctor',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    logger,
  };
  const check = () =>
    withDatabase(use, async (db) => {
      // Before the others, so that it doesn't wait for a connection.
      const clock = await runCheck(AREA, 'clock', mend, async () => [
        await checkClock(AREA, async () => (await readServerState(db)).clock),
      ]);
      const checks = await Promise.all([
        runCheck(AREA, 'server', mend, async () => judgeServer(await readServerState(db))),
        runCheck(AREA, 'migrations', MIGRATE, () => checkMigrations(db, config)),
        runCheck(AREA, 'partitions', MIGRATE, () => checkPartitions(db, config)),
      ]);
      return [ok('reachable', serverAddress(url, POSTGRES_PORT)), ...clock, ...checks.flat()];
    });
  return runCheck(AREA, 'reachable', mend, check, SERVER_TIMEOUT_MS);
}

async function checkMigrations(db: Db, { migrationsFolder }: CliConfig): Promise<Finding[]> {
  const pending = await listPendingMigrations(db, migrationsFolder);
  if (pending.length === 0) return [ok('migrations', 'none is pending')];
  return [fail('migrations', `${pending.length} pending: ${pending.join(', ')}`, MIGRATE)];
}

async function checkPartitions(db: Db, { partitionDaysAhead }: CliConfig): Promise<Finding[]> {
  const today = dayOf(Date.now());
  const missing = await listMissingPartitions(db, today, partitionDaysAhead);
  if (missing.length === 0) {
    return [ok('partitions', `there for today and ${partitionDaysAhead} days ahead`)];
  }
  const detail = `none for ${missing.length === 1 ? missing[0] : `${missing.length} days from ${missing[0]} on`}`;
  return [
    missing[0] === today
      ? fail('partitions', detail, MIGRATE)
      : warn('partitions', detail, MIGRATE),
  ];
}

/** What the server's own settings mean for the data. */
export function judgeServer(state: DatabaseServerState): Finding[] {
  return [judgeVersion(state), judgeDurability(state), judgeConnections(state)];
}

function judgeVersion({ version, versionNumber, readOnly }: DatabaseServerState): Finding {
  if (versionNumber < OLDEST_VERSION) {
    return fail('version', `${version} is older than 14`, 'upgrade PostgreSQL to 14 or newer');
  }
  if (readOnly) {
    return fail(
      'version',
      `${version}, a replica that takes no writes`,
      'set DATABASE_URL to the primary (READ_DATABASE_URL may name the replica)',
    );
  }
  return ok('version', version);
}

function judgeDurability(state: DatabaseServerState): Finding {
  const off = [
    ...(state.fsync ? [] : ['fsync']),
    ...(state.fullPageWrites ? [] : ['full_page_writes']),
    ...(state.synchronousCommit === 'off' ? ['synchronous_commit'] : []),
  ];
  if (off.length === 0) {
    return ok('durability', `fsync on, synchronous_commit ${state.synchronousCommit}`);
  }
  return warn(
    'durability',
    `${off.join(' and ')} ${off.length === 1 ? 'is' : 'are'} off: a power failure can lose stored heartbeats`,
    `${off.map((name) => `ALTER SYSTEM SET ${name} = on;`).join(' ')} SELECT pg_reload_conf();`,
  );
}

function judgeConnections({ usedConnections, maxConnections }: DatabaseServerState): Finding {
  const detail = `${usedConnections} of ${maxConnections} in use`;
  const mend =
    'raise max_connections (needs a restart of PostgreSQL), or lower DB_POOL_MAX of the services';
  const share = usedConnections / maxConnections;
  if (share > FAIL_CONNECTIONS) return fail('connections', detail, mend);
  return share > WARN_CONNECTIONS ? warn('connections', detail, mend) : ok('connections', detail);
}
