import {
  countDevices,
  findDevice,
  isConnectionFault,
  listDevices,
  listFlagChanges,
  listHeartbeats,
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
import { openFlags } from './flags/open-flags.ts';
import { createQueryMetrics } from './metrics.ts';

const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Changes of the registry and of flags. */
const PRIMARY_POOL_MAX = 4;

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
  const { flags, close: closeFlags } = openFlags(config, primaryDatabase.db, orUnavailable, logger);
  const health = new Health({ database: () => ping(db) }, logger);
  const server = createHttpServer({
    handler: createQueryApp({
      logger,
      health,
      registry,
      httpMetrics: createHttpMetrics(registry),
      adminKey: config.adminKey,
      trustProxyHops: config.trustProxyHops,
      cursors: createCursorCodec(config.adminKey),
      listDevices: (options) =>
        read('list_devices', () => listDevices(db, { ...options, onlineWithinSeconds })),
      countDevices: (options) =>
        read('count_devices', () => countDevices(db, { ...options, onlineWithinSeconds })),
      findDevice: (id) => read('get_device', () => findDevice(db, id, onlineWithinSeconds)),
      listHeartbeats: (options) => read('list_heartbeats', () => listHeartbeats(db, options)),
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
      return { port: await server.start() };
    },
    async stop() {
      await server.stop();
      await closeFlags();
      await Promise.all([readDatabase.close(), primaryDatabase.close()]);
    },
  };
}
