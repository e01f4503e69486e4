import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  findRedisBinary,
  freePort,
  startPostgres,
  startRedis,
  type PostgresServer,
  type RedisServer,
} from '@nexmdm/local';
import { TOOLS_DIR } from './repository.ts';

/** A server that a test may kill and bring back with its data, at the same address. */
export interface TestServer {
  readonly url: string;
  readonly pid: number;
  /** Stops it orderly. */
  stop(): Promise<void>;
  /** Stops it the hard way: SIGKILL. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops all of its processes in their tracks (SIGSTOP), and lets them go on. */
  freeze(): void;
  thaw(): void;
}

export interface TestServers {
  postgres: TestServer;
  redis: TestServer;
  /** Stops both and removes their data. */
  close(): Promise<void>;
}

export interface TestServerOptions {
  postgresSettings?: Readonly<Record<string, string>>;
  redisSettings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL and a Redis of the caller's own, on free ports, in a temporary folder. */
export async function startTestServers(options: TestServerOptions = {}): Promise<TestServers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-test-'));
  const binary = await findRedisBinary({ toolsDir: TOOLS_DIR });
  const [postgresPort, redisPort] = [await freePort(), await freePort()];
  const postgres = await restartable(() =>
    startPostgres({
      dataDir: path.join(folder, 'postgres'),
      port: postgresPort,
      settings: options.postgresSettings ?? {},
    }),
  );
  let redis: TestServer;
  try {
    redis = await restartable(() =>
      startRedis({
        binary,
        dataDir: path.join(folder, 'redis'),
        port: redisPort,
        settings: options.redisSettings ?? {},
      }),
    );
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return {
    postgres,
    redis,
    async close() {
      await Promise.all([postgres.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function restartable(
  startServer: () => Promise<PostgresServer | RedisServer>,
): Promise<TestServer> {
  let server = await startServer();
  return {
    get url() {
      return server.url;
    },
    get pid() {
      return server.pid;
    },
    stop: () => server.stop(),
    kill: () => server.kill(),
    async start() {
      server = await startServer();
    },
    freeze() {
      signalTree(server.pid, 'SIGSTOP');
    },
    thaw() {
      signalTree(server.pid, 'SIGCONT');
    },
  };
}

/** Signals a process and its children; PostgreSQL's each have a process group of their own. */
function signalTree(pid: number, signal: NodeJS.Signals): void {
  process.kill(pid, signal);
  for (const entry of readdirSync('/proc')) {
    if (parentOf(entry) === pid) process.kill(Number(entry), signal);
  }
}

function parentOf(entry: string): number | undefined {
  if (!/^\d+$/.test(entry)) return undefined;
  try {
    // The command name, in parentheses, may hold anything; the state and the parent follow it.
    const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);
  } catch {
    // It ended in between.
    return undefined;
  }
}
