import path from 'node:path';
import type { LocalConfig } from './config.ts';
import type { Part, ServerPart, TaskPart } from './parts.ts';
import { startPostgres } from './postgres.ts';
import { describeExit, runToEnd } from './processes.ts';
import { findRedisBinary } from './redis-binary.ts';
import { startRedis } from './redis.ts';
import { type RunningEnv, writeRunningEnv } from './running-env.ts';
import { startService } from './service-process.ts';
import { withPrivileges } from './setpriv.ts';
import { StartError } from './start-error.ts';

const CLI = 'apps/cli/src/main.ts';

export interface ServiceUrls {
  readonly ingest: string;
  readonly query: string;
  readonly writer: string;
}

/** Where clients on this machine reach the services; "every address" is not one to connect to. */
export function serviceUrls(config: LocalConfig): ServiceUrls {
  const anywhere = config.host === '0.0.0.0' || config.host === '::';
  const host = anywhere ? '127.0.0.1' : config.host;
  const url = (port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    ingest: url(config.ingestPort),
    query: url(config.queryPort),
    writer: url(config.writerPort),
  };
}

/** Everything that `pnpm start` runs, in the order of their start. */
export function createLocalParts(config: LocalConfig, adminKey: string): Part[] {
  const urls = serviceUrls(config);
  // The servers put their own addresses here when they start.
  const running: RunningEnv = {
    ADMIN_KEY: adminKey,
    INGEST_URL: urls.ingest,
    QUERY_URL: urls.query,
    WRITER_URL: urls.writer,
    ...(config.databaseUrl !== undefined && { DATABASE_URL: config.databaseUrl }),
    ...(config.redisUrl !== undefined && { REDIS_URL: config.redisUrl }),
  };
  const cwd = config.repositoryRoot;
  const command = process.execPath;

  const servicePart = (name: string, app: string, port: number, url: string): ServerPart => ({
    kind: 'server',
    name,
    // None needs another: what one leaves undone waits in Redis, which stops later.
    withNeighbours: true,
    start: (writeLine, stopping) =>
      startService(
        {
          name,
          command,
          args: [`apps/${app}/src/main.ts`],
          cwd,
          env: { ...config.environment, ...running, PORT: String(port), HOST: config.host },
          readyUrl: `${url}/readyz`,
        },
        writeLine,
        stopping,
      ),
  });

  const migrate: TaskPart = {
    kind: 'task',
    name: 'migrate',
    async run(writeLine, signal) {
      const status = await runToEnd({
        // Too short-lived for a channel to us; the signal ends it when we end.
        ...withPrivileges(command, [CLI, 'migrate'], { deathSignal: 'TERM' }),
        cwd,
        env: { ...config.environment, ...running },
        onLine: writeLine,
        signal,
      });
      if (status.code !== 0) {
        throw new StartError(
          `The database and Redis could not be prepared (migrate ${describeExit(status)}):\n` +
            status.lines.slice(-5).join('\n'),
        );
      }
    },
  };

  const fleet: ServerPart = {
    kind: 'server',
    name: 'fleet',
    start: (writeLine, stopping) =>
      startService(
        {
          name: 'fleet',
          command,
          args: [
            CLI,
            'simulate',
            `--devices=${config.simulateDevices}`,
            `--interval=${config.simulateIntervalSeconds}`,
            '--jitter=0.2',
            `--state=${path.join(config.dataDir, 'simulated-devices.json')}`,
            '--no-progress',
          ],
          cwd,
          env: { ...config.environment, ...running },
        },
        writeLine,
        stopping,
      ),
  };

  return [
    ...(config.databaseUrl === undefined ? [postgresPart(config, running)] : []),
    ...(config.redisUrl === undefined ? [redisPart(config, running)] : []),
    { kind: 'task', name: 'env', run: () => writeRunningEnv(config.dataDir, running) },
    migrate,
    servicePart('writer', 'writer-worker', config.writerPort, urls.writer),
    servicePart('ingest', 'ingest-api', config.ingestPort, urls.ingest),
    servicePart('query', 'query-api', config.queryPort, urls.query),
    ...(config.simulateDevices > 0 ? [fleet] : []),
  ];
}

const postgresPart = (config: LocalConfig, running: RunningEnv): ServerPart => ({
  kind: 'server',
  name: 'postgres',
  async start(writeLine, signal) {
    const server = await startPostgres({
      dataDir: path.join(config.dataDir, 'postgres'),
      port: config.postgresPort,
      onLog: writeLine,
      signal,
    });
    running['DATABASE_URL'] = server.url;
    return server;
  },
});

const redisPart = (config: LocalConfig, running: RunningEnv): ServerPart => ({
  kind: 'server',
  name: 'redis',
  async start(writeLine, signal) {
    const server = await startRedis({
      binary: await findRedisBinary({
        toolsDir: path.join(config.dataDir, 'tools'),
        onProgress: writeLine,
        signal,
      }),
      dataDir: path.join(config.dataDir, 'redis'),
      port: config.redisPort,
      onLog: writeLine,
      signal,
    });
    running['REDIS_URL'] = server.url;
    return server;
  },
});
