import {
  countDevices,
  findDevice,
  isConnectionFault,
  listDevices,
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
import { createQueryMetrics } from './metrics.ts';

const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** The registry's changes and the flags. */
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
  const read = async <T>(query: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await metrics.timeRead(query, run);
    } catch (error) {
      if (!isConnectionFault(error)) throw error;
      throw unavailable('The database is not available; try again.', error);
    }
  };
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
    }),
    host: config.host,
    port: config.port,
    health,
  });
  return {
    start: async () => ({ port: await server.start() }),
    async stop() {
      await server.stop();
      await Promise.all([readDatabase.close(), primaryDatabase.close()]);
    },
  };
}
