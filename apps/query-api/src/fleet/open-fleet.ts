import { offlineGroupBySchema, type OfflineGroupBy } from '@nexmdm/contracts';
import {
  countForgotten,
  createFastReads,
  createLegacyReads,
  errorCode,
  findHistoryStart,
  inSnapshot,
  isConnectionFault,
  listDevicesWithEarlyHistory,
  openDatabase,
  type DatabaseHandle,
  type OfflineGroups,
  type StatusReads,
} from '@nexmdm/db';
import { unavailable, type Logger, type Registry } from '@nexmdm/service';
import type { QueryConfig } from '../config.ts';
import { PerfDiff } from '../perf-diff/perf-diff.ts';
import { FleetReader } from './fleet-reader.ts';
import { createReadMetrics } from './read-metrics.ts';
import { Remembered } from './remembered.ts';

/** Reads in the legacy way, and comparisons, have connections and a patience of their own. */
const LEGACY = { poolMax: 4, statementTimeoutMs: 60_000, connectTimeoutMs: 10_000 };
const COMPARISONS_MAX = 2;
const GROUPS_MAX = 1_000;
const QUERY_CANCELED = '57014';

export interface Fleet {
  reader: FleetReader;
  perfDiff: PerfDiff;
  groupOffline: (groupBy: OfflineGroupBy) => Promise<OfflineGroups>;
  /** Breaks off the legacy reads and comparisons that still run. */
  close(): Promise<void>;
}

export interface FleetOptions {
  config: Pick<QueryConfig, 'readDatabaseUrl' | 'onlineWithinSeconds' | 'perfDiff'>;
  /** For the fast reads. */
  database: DatabaseHandle;
  isEnabled: (flag: 'read-from-last-status' | 'perf-diff') => boolean;
  registry: Registry;
  logger: Logger;
}

/** Both ways of reading the fleet's state, with what compares them. */
export function openFleet({ config, database, isEnabled, registry, logger }: FleetOptions): Fleet {
  const { onlineWithinSeconds } = config;
  const open = (poolMax: number) =>
    openDatabase({
      ...LEGACY,
      url: config.readDatabaseUrl,
      poolMax,
      applicationName: 'nexmdm-query-api',
      onConnectionError: (error) => {
        logger.debug('database.connection_lost', { error });
      },
    });
  const legacyDatabase = open(LEGACY.poolMax);
  const comparisonDatabase = open(COMPARISONS_MAX);
  const metrics = createReadMetrics(registry);
  const fast = orUnavailable(createFastReads(database.db, { onlineWithinSeconds }));
  const legacy = orUnavailable(createLegacyReads(legacyDatabase.db, { onlineWithinSeconds }));
  const perfDiff = new PerfDiff({
    isEnabled: () => isEnabled('perf-diff'),
    sample: config.perfDiff.sample,
    maxRunning: COMPARISONS_MAX,
    inSnapshot: (read) =>
      inSnapshot(comparisonDatabase.db, (db) =>
        read({
          fast: createFastReads(db, { onlineWithinSeconds }),
          legacy: createLegacyReads(db, { onlineWithinSeconds }),
          findHistoryStart: () => findHistoryStart(db),
          countForgotten: () => countForgotten(db),
          listDevicesWithEarlyHistory: (ids) => listDevicesWithEarlyHistory(db, ids),
        }),
      ),
    metrics,
    logger,
  });
  const reader = new FleetReader({
    isFast: () => isEnabled('read-from-last-status'),
    fast,
    legacy,
    counts: new Remembered(() => fast.countFleet()),
    metrics,
    onAnswered: (question, read) => {
      perfDiff.consider(question, read);
    },
  });
  const groupsOf = (reads: StatusReads) =>
    Object.fromEntries(
      offlineGroupBySchema.options.map((groupBy) => [
        groupBy,
        new Remembered(() => reads.groupOffline(groupBy, GROUPS_MAX)),
      ]),
    ) as Record<OfflineGroupBy, Remembered<OfflineGroups>>;
  const groups = { fast: groupsOf(fast), legacy: groupsOf(legacy) };
  return {
    reader,
    perfDiff,
    groupOffline: (groupBy) => groups[reader.path][groupBy].get(),
    async close() {
      const slow = [legacyDatabase, comparisonDatabase];
      await Promise.all(
        slow.map(async (one) => {
          await one.cancelRunning().catch((error: unknown) => {
            logger.debug('database.not_cancelled', { error });
          });
          await one.close();
        }),
      );
    },
  };
}

/** The same reads, with a database that is away or takes too long told as 503. */
function orUnavailable(reads: StatusReads): StatusReads {
  return {
    listDevices: (listing) => orTryAgain(reads.listDevices(listing)),
    countDevices: (filter, exactUpTo) => orTryAgain(reads.countDevices(filter, exactUpTo)),
    findDevice: (id) => orTryAgain(reads.findDevice(id)),
    listDevicesById: (ids) => orTryAgain(reads.listDevicesById(ids)),
    countFleet: () => orTryAgain(reads.countFleet()),
    groupOffline: (groupBy, limit) => orTryAgain(reads.groupOffline(groupBy, limit)),
  };
}

/** @throws HttpProblem 503 */
async function orTryAgain<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (errorCode(error) === QUERY_CANCELED) {
      throw unavailable('The read took too long and was broken off; try again later.', error);
    }
    if (!isConnectionFault(error)) throw error;
    throw unavailable('The database is not available; try again.', error);
  }
}
