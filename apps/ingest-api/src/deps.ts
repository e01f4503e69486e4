import type { IncomingMessage } from 'node:http';
import {
  findDevicesByToken,
  insertDevice,
  listAuthChanges,
  openDatabase,
  ping,
  pruneAuthChanges,
} from '@nexmdm/db';
import {
  ByteBudget,
  createHttpMetrics,
  createHttpServer,
  createMetricsRegistry,
  Health,
  type Logger,
  type Service,
} from '@nexmdm/service';
import {
  assertSafeRedis,
  assertShards,
  closeRedis,
  openRedis,
  readBacklog,
  startConnecting,
  StreamProducer,
  warnWithoutLog,
} from '@nexmdm/stream';
import proxyAddress from 'proxy-addr';
import { createIngestApp } from './app.ts';
import { watchAuthChanges } from './auth/auth-change-watcher.ts';
import { DeviceAuth } from './auth/device-auth.ts';
import type { IngestConfig } from './config.ts';
import { createAcceptor } from './heartbeat/accept.ts';
import { createIngestMetrics } from './metrics.ts';

/** Every statement is an index look-up; a device waits for it. */
const STATEMENT_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** What the bodies of all requests under way may take together: 128 full batches. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;

/** Everything the ingest API is made of, put together; nothing is open before `start`. */
export function createIngestApi(config: IngestConfig, logger: Logger): Service {
  const registry = createMetricsRegistry('ingest-api');
  const database = openDatabase({
    url: config.databaseUrl,
    poolMax: config.dbPoolMax,
    applicationName: 'nexmdm-ingest-api',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onConnectionError: (error) => {
      logger.debug('database.connection_lost', { error });
    },
    registry,
  });
  const redis = openRedis({ url: config.redisUrl, name: 'nexmdm-ingest-api', logger });

  const metrics = createIngestMetrics(registry, () => auth.cachedTokens);
  const auth = new DeviceAuth({
    findByToken: (tokenIds) => findDevicesByToken(database.db, tokenIds),
    metrics,
    cacheMax: config.tokenCacheMax,
  });
  const authChanges = watchAuthChanges(
    auth,
    {
      listChanges: (seconds) => listAuthChanges(database.db, seconds),
      prune: () => pruneAuthChanges(database.db),
    },
    logger,
  );
  const acceptor = createAcceptor({
    producer: new StreamProducer({ redis, shards: config.streamShards }),
    readBacklog: () => readBacklog(redis, config.streamShards),
    maxBacklog: config.maxBacklog,
    logger,
  });
  // A token that is cached needs no database, but the next device's may not be.
  const health = new Health(
    {
      database: () => ping(database.db),
      redis: () => assertSafeRedis(redis),
      streams: () => assertShards(redis, config.streamShards),
    },
    logger,
  );
  const server = createHttpServer({
    handler: createIngestApp({
      logger,
      health,
      registry,
      httpMetrics: createHttpMetrics(registry),
      adminKey: config.adminKey,
      trustProxyHops: config.trustProxyHops,
      auth,
      acceptor,
      metrics,
      bodyBudget: new ByteBudget(MAX_BODY_BYTES),
      clientAddress: (req) => clientAddress(req, config.trustProxyHops),
      nextHeartbeatSeconds: config.heartbeatIntervalSeconds,
      backfillWindowMs: config.backfillWindowMs,
      insertDevice: (device) => insertDevice(database.db, device),
    }),
    host: config.host,
    port: config.port,
    health,
  });

  return {
    async start() {
      warnWithoutLog(redis, logger);
      await startConnecting(redis);
      authChanges.start();
      acceptor.backlogWatch.start();
      return { port: await server.start() };
    },
    async stop() {
      await server.stop();
      await Promise.all([authChanges.stop(), acceptor.backlogWatch.stop()]);
      closeRedis(redis);
      await database.close();
    },
  };
}

/** The same as Express' `req.ip`. */
function clientAddress(req: IncomingMessage, trustProxyHops: number): string {
  return proxyAddress(req, (_address, hop) => hop < trustProxyHops);
}
