import {
  isConnectionFault,
  listFlagChanges,
  openDatabase,
  ping,
  type DatabaseOptions,
} from '@nexmdm/db';
import {
  createCursorCodec,
  createHttpMetrics,
  createHttpServer,
  createMetricsRegistry,
  Health,
  unavailable,
  type Logger,
  type Service,
} from '@nexmdm/service';
import { createQueryApp } from './app.ts';
import type { QueryConfig } from './config.ts';
import { createDeviceCursors } from './devices/device-cursor.ts';
import { openChangePublisher } from './events/change-publisher.ts';
import { openEvents } from './events/open-events.ts';
import { openFleet } from './fleet/open-fleet.ts';
import { openFlags } from './flags/open-flags.ts';
import { createHistoryReader } from './heartbeats/history-reader.ts';
import { createQueryMetrics } from './metrics.ts';
import { createDeviceRegistry } from './registry/device-registry.ts';

const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Changes of the registry and of flags, and the devices that events tell of. */
const PRIMARY_POOL_MAX = 4;
/** A read that still runs so long after the process was told to stop is broken off. */
const BREAK_OFF_MS = 3_000;

/** Everything the query API is made of, put together; nothing is open before `start`. */
export function createQueryApi(config: QueryConfig, logger: Logger): Service {
  const registry = createMetricsRegistry('query-api');
  const metrics = createQueryMetrics(registry);
  const open = (options: Pick<DatabaseOptions, 'url' | 'poolMax' | 'registry'>) =>
    openDatabase({
      ...options,
      applicationName: 'nexmdm-query-api',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      onConnectionError: (error) => {
        logger.debug('database.connection_lost', { error });
      },
    });
  const readDatabase = open({ url: config.readDatabaseUrl, poolMax: config.dbPoolMax, registry });
  const primaryDatabase = open({ url: config.databaseUrl, poolMax: PRIMARY_POOL_MAX });
  const { db } = readDatabase;
  const { onlineWithinSeconds } = config;
  const orUnavailable = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      if (!isConnectionFault(error)) throw error;
      throw unavailable('The database is not available; try again.', error);
    }
  };
  const read = <T>(query: string, run: () => Promise<T>): Promise<T> =>
    orUnavailable(() => metrics.timeRead(query, run));
  const openedFlags = openFlags(config, primaryDatabase.db, orUnavailable, logger);
  const { flags } = openedFlags;
  const fleet = openFleet({
    config,
    database: readDatabase,
    isEnabled: (flag) => flags.isEnabled(flag),
    registry,
    logger,
  });
  const changes = openChangePublisher(config.redisUrl, registry, logger);
  const deviceRegistry = createDeviceRegistry({
    db: primaryDatabase.db,
    readDb: db,
    onlineWithinSeconds,
    isFast: () => flags.isEnabled('read-from-last-status'),
    onChanged: (devices) => {
      changes.publish(devices);
    },
  });
  const events = openEvents(
    config,
    {
      countFleet: () => fleet.reader.countFleet(),
      // A replica may still have a device as it was, and nobody would tell of it once more.
      listDevicesById: (ids) => deviceRegistry.listById(ids),
    },
    registry,
    logger,
  );
  const cursors = createCursorCodec(config.adminKey);
  const health = new Health({ database: () => ping(db), flags: () => flags.checkRead() }, logger);
  const server = createHttpServer({
    handler: createQueryApp({
      logger,
      health,
      registry,
      httpMetrics: createHttpMetrics(registry),
      adminKey: config.adminKey,
      trustProxyHops: config.trustProxyHops,
      cursors,
      deviceCursors: createDeviceCursors(cursors),
      fleet: fleet.reader,
      groupOffline: fleet.groupOffline,
      perfDiff: fleet.perfDiff,
      history: createHistoryReader(db, read),
      heartbeatIntervalSeconds: config.heartbeatIntervalSeconds,
      gapAfterSeconds: onlineWithinSeconds,
      deviceRegistry,
      events: events.hub,
      flags,
      listFlagChanges: (name, limit) =>
        orUnavailable(() => listFlagChanges(primaryDatabase.db, name, limit)),
    }),
    host: config.host,
    port: config.port,
    health,
  });
  return {
    async start() {
      await flags.start();
      changes.start();
      events.start();
      return { port: await server.start() };
    },
    async stop() {
      const breakOff = setTimeout(() => void fleet.close(), BREAK_OFF_MS);
      // Streams of events would keep the server from draining.
      await events.stop();
      await server.stop();
      clearTimeout(breakOff);
      changes.stop();
      await openedFlags.close();
      await Promise.all([fleet.close(), readDatabase.close(), primaryDatabase.close()]);
    },
  };
}
