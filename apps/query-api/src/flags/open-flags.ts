import { changeFlag, listFlagValues, openDatabase, type DatabaseHandle } from '@nexmdm/db';
import type { Logger } from '@nexmdm/service';
import type { QueryConfig } from '../config.ts';
import { Flags } from './flags.ts';

// A look that gets no answer is given up after 1.2 s. Its connection may be a dead one: the driver
// closes it within three seconds, and the looks until then find others.
const STATEMENT_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;
const POOL_MAX = 3;

/**
 * The flags in the primary database, and in the one for reads where that is another. They are read
 * over connections of their own, so that neither slow reads nor slow changes keep a kill switch from
 * working.
 *
 * @param orUnavailable runs a change, and tells a database that is away as 503
 */
export function openFlags(
  config: Pick<QueryConfig, 'databaseUrl' | 'readDatabaseUrl' | 'readFromLastStatus' | 'perfDiff'>,
  primary: DatabaseHandle['db'],
  orUnavailable: <T>(run: () => Promise<T>) => Promise<T>,
  logger: Logger,
): { flags: Flags; close(): Promise<void> } {
  const open = (url: string) =>
    openDatabase({
      url,
      poolMax: POOL_MAX,
      applicationName: 'nexmdm-query-api',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      onConnectionError: (error) => {
        logger.debug('database.connection_lost', { error });
      },
    });
  const database = open(config.databaseUrl);
  const replica =
    config.readDatabaseUrl === config.databaseUrl ? undefined : open(config.readDatabaseUrl);
  const flags = new Flags({
    defaults: {
      'read-from-last-status': config.readFromLastStatus,
      'perf-diff': config.perfDiff.enabled,
    },
    store: {
      listValues: (names) => listFlagValues(database.db, names),
      listReplicaValues: replica && ((names) => listFlagValues(replica.db, names)),
      change: (change) => orUnavailable(() => changeFlag(primary, change)),
    },
    logger,
  });
  return {
    flags,
    async close() {
      await flags.stop();
      await Promise.all([database.close(), replica?.close()]);
    },
  };
}
