import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  dayOf,
  dualWrite,
  ensurePartition,
  errorCode,
  isMissingPartition,
  isPoison,
  mayPass,
  openDatabase,
  ping,
  updateDeviceFacts,
  type DatabaseHandle,
} from '@nexmdm/db';
import {
  createApp,
  createHttpMetrics,
  createHttpServer,
  createMetricsRegistry,
  Health,
  pause,
  repeatEvery,
  type Logger,
  type Service,
} from '@nexmdm/service';
import {
  addDeadLetter,
  allShardKeys,
  assertSafeRedis,
  assertShards,
  ChangeFeed,
  CHANGES_CHANNEL,
  closeRedis,
  ensureGroups,
  openRedis,
  readBacklog,
  RENEW_LEASE_MS,
  ShardConsumer,
  startConnecting,
  trimAcknowledged,
  warnWithoutLog,
} from '@nexmdm/stream';
import pLimit from 'p-limit';
import { ChangedFacts } from './batch/changed-facts.ts';
import { Collector } from './batch/collect.ts';
import { BatchWriter, type HeartbeatStore } from './batch/write-batch.ts';
import type { WriterConfig } from './config.ts';
import { runShardLoop } from './loop.ts';
import { createWriterMetrics, type WriterMetrics } from './metrics.ts';
import { Reclaimer } from './reclaim.ts';

const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Above the time a read blocks. */
const BLOCKING_TIMEOUT_MS = 5_000;
const HOUSEKEEPING_MS = 1_000;
/** What is in hand when the stop begins has this long to get into the database. */
const FINISH_MS = 6_000;

/** Everything the writer is made of, put together; nothing is open before `start`. */
export function createWriterWorker(config: WriterConfig, logger: Logger): Service {
  const registry = createMetricsRegistry('writer-worker');
  const metrics = createWriterMetrics(registry);
  const database = openDatabase({
    url: config.databaseUrl,
    poolMax: config.dbPoolMax,
    applicationName: 'nexmdm-writer-worker',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onConnectionError: (error) => {
      logger.debug('database.connection_lost', { error });
    },
    registry,
  });
  const shards = allShardKeys(config.streamShards);
  const redis = openRedis({ url: config.redisUrl, name: 'nexmdm-writer-worker', logger });
  const name = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const consumers = shards.map((keys) => {
    const blockingRedis = openRedis({
      url: config.redisUrl,
      name: `nexmdm-writer-worker-shard-${keys.shard}`,
      logger,
      commandTimeoutMs: BLOCKING_TIMEOUT_MS,
    });
    return { consumer: new ShardConsumer({ redis, blockingRedis, keys, name }), blockingRedis };
  });

  const changes = new ChangeFeed({
    publish: (message) => redis.publish(CHANGES_CHANNEL, message),
    onDropped: () => {
      metrics.changesDropped.inc();
    },
  });

  const stopping = new AbortController();
  const giveUp = new AbortController();
  const writer = new BatchWriter({
    store: createStore(database),
    facts: new ChangedFacts(),
    metrics,
    logger,
    giveUp: giveUp.signal,
    onCommitted: (records) => {
      changes.add(records);
    },
  });
  // One connection stays free for the readiness check and for making partitions.
  const inWriteSlot = pLimit(Math.max(1, config.dbPoolMax - 1));
  const startLoop = (consumer: ShardConsumer) =>
    runShardLoop({
      consumer,
      collector: new Collector(consumer, {
        maxRows: config.batchMaxRows,
        maxWaitMs: config.batchMaxWaitMs,
        signal: stopping.signal,
      }),
      reclaimer: new Reclaimer(consumer, metrics, logger),
      writer,
      maxRows: config.batchMaxRows,
      inWriteSlot,
      addDeadLetter: (letter) => addDeadLetter(redis, letter),
      restoreGroup: async () => void (await ensureGroups(redis, config.streamShards)),
      describeError: (error) =>
        `${errorCode(error)}: ${error instanceof Error ? error.message : String(error)}`,
      metrics,
      logger,
      stopping: stopping.signal,
      giveUp: giveUp.signal,
    });

  const quietly = (event: string) => (error: unknown) => {
    logger.debug(event, { error });
  };
  const leases = repeatEvery(
    RENEW_LEASE_MS,
    () => Promise.all(consumers.map(({ consumer }) => consumer.renewLease())),
    quietly('stream.lease_not_renewed'),
  );
  const housekeeping = repeatEvery(
    HOUSEKEEPING_MS,
    async () => {
      await showBacklog(await readBacklog(redis, shards.length), metrics);
      for (const keys of shards) await trimAcknowledged(redis, keys);
    },
    quietly('stream.housekeeping_failed'),
  );

  const health = new Health(
    {
      database: () => ping(database.db),
      redis: () => assertSafeRedis(redis),
      streams: () => assertShards(redis, config.streamShards),
    },
    logger,
  );
  const server = createHttpServer({
    handler: createApp({
      logger,
      health,
      registry,
      httpMetrics: createHttpMetrics(registry),
      adminKey: config.adminKey,
      trustProxyHops: 0,
    }),
    host: config.host,
    port: config.port,
    health,
    drainMs: 0,
  });
  let loops: Promise<void>[] = [];

  return {
    async start() {
      warnWithoutLog(redis, logger);
      await Promise.all([redis, ...consumers.map((one) => one.blockingRedis)].map(startConnecting));
      leases.start();
      housekeeping.start();
      loops = consumers.map(({ consumer }) => startLoop(consumer));
      return { port: await server.start(), consumer: name };
    },
    async stop() {
      health.drain();
      stopping.abort();
      const finished = new AbortController();
      void pause(FINISH_MS, finished.signal).then(() => {
        giveUp.abort();
      });
      await Promise.all(loops);
      finished.abort();
      changes.stop();
      await Promise.all([leases.stop(), housekeeping.stop()]);
      await Promise.all(consumers.map(({ consumer }) => consumer.release())).catch(
        quietly('stream.not_released'),
      );
      await server.stop();
      for (const connection of [redis, ...consumers.map((one) => one.blockingRedis)]) {
        closeRedis(connection);
      }
      await database.close();
    },
  };
}

function createStore({ db }: DatabaseHandle): HeartbeatStore {
  return {
    write: async (records, facts) => {
      // One statement is a transaction by itself, and saves the round trips of a wider one.
      if (facts.length === 0) return { ...(await dualWrite(db, records)), factsUpdates: 0 };
      return db.transaction().execute(async (trx) => {
        const result = await dualWrite(trx, records);
        return { ...result, factsUpdates: await updateDeviceFacts(trx, facts) };
      });
    },
    ensurePartition: (day) => ensurePartition(db, day),
    isMissingPartition,
    isPoison,
    mayPass,
    errorCode,
    dayOf,
  };
}

async function showBacklog(
  backlog: Awaited<ReturnType<typeof readBacklog>>,
  metrics: WriterMetrics,
): Promise<void> {
  for (const { shard, heartbeats } of backlog) {
    metrics.backlog.set({ shard: String(shard) }, heartbeats);
  }
  metrics.oldestPendingSeconds.set(Math.max(0, ...backlog.map((one) => one.oldestMs)) / 1000);
}
