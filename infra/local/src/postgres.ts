import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { assertPortFree } from './ports.ts';
import { choosePrivileges } from './postgres-account.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { makeDataDir, prepareCluster, REMEDY, SUPERUSER } from './postgres-data.ts';
import { isRunning, listChildren, sendSignal, waitUntilGone } from './process-table.ts';
import {
  type RunningProcess,
  signalUntilExit,
  type SpawnedProcess,
  spawnProcess,
} from './processes.ts';
import { withPrivileges } from './setpriv.ts';
import { errorCode, messageOf, StartError } from './start-error.ts';

const HOST = '127.0.0.1';
const DATABASE = 'nexmdm';
/** Long, because a server that crashed first replays its log. */
const READY_MS = 120_000;
const POLL_MS = 30;
const CONNECT_MS = 5_000;
const GONE_MS = 15_000;
const WRONG_PASSWORD = '28P01';
/** Starting up, shutting down after a crash of one of its processes, no connection free. */
const PASSING_STATES = new Set(['57P03', '57P02', '57P01', '53300']);

/** For a small machine; whatever protects data (fsync, synchronous_commit) stays on. */
const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '256MB',
  max_connections: '100',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // A refused batch would print its whole statement; the service that sent it logs what is wrong.
  log_min_error_statement: 'fatal',
};

export interface PostgresOptions {
  /** Made when missing; holds `pgdata` and the password's file. */
  readonly dataDir: string;
  readonly port: number;
  /** Server parameters, over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
  /** Gives up a start that is still under way. */
  readonly signal?: AbortSignal;
}

export interface PostgresServer extends RunningProcess {
  /** `postgres://…/nexmdm`, as a superuser, with the password. */
  readonly url: string;
  readonly port: number;
}

/**
 * Runs the embedded PostgreSQL on 127.0.0.1 and resolves once it answers queries.
 *
 * @throws StartError with what is wrong and what to do about it
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { port } = options;
  await assertPortFree({ port, settingName: 'PG_PORT', what: 'PostgreSQL' });
  const binaries = findPostgresBinaries();
  await makeDataDir(options.dataDir);
  const dataDir = await realpath(options.dataDir);
  const privileges = choosePrivileges(dataDir, binaries.folders);
  const { pgdata, password } = await prepareCluster(dataDir, binaries, privileges);
  const settings = {
    ...DEFAULT_SETTINGS,
    ...options.settings,
    port: String(port),
    listen_addresses: HOST,
    // A socket's path may be too long or its folder closed; TCP works everywhere.
    unix_socket_directories: '',
  };
  const spawned = await spawnProcess({
    ...withPrivileges(
      binaries.postgres,
      [
        '-D',
        pgdata,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...privileges, deathSignal: 'INT' },
    ),
    // A clean environment: PGOPTIONS and the like are meant for the user's other servers.
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    cwd: path.dirname(pgdata),
    onLine: options.onLog,
  });
  const server = controlOf(spawned);
  try {
    await waitUntilReady(spawned, { port, password, dataDir }, options.signal);
  } catch (error) {
    await server.kill();
    throw error;
  }
  const url = `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${DATABASE}`;
  return { ...server, url, port };
}

function controlOf(spawned: SpawnedProcess): RunningProcess {
  const { pid, exited } = spawned;
  const kill = async (): Promise<void> => {
    if (process.platform === 'linux') {
      if (isRunning(pid)) {
        // Stopped first, so that it can't fork between the listing and the end.
        sendSignal(pid, 'SIGSTOP');
        const family = [...listChildren(pid), pid];
        for (const member of family) sendSignal(member, 'SIGKILL');
        await waitUntilGone(family, GONE_MS);
      }
    } else {
      await signalUntilExit(spawned, [
        { signal: 'SIGQUIT', waitMs: GONE_MS },
        { signal: 'SIGKILL', waitMs: GONE_MS },
      ]);
    }
    await exited;
  };
  const stop = async (): Promise<void> => {
    const orderly = await signalUntilExit(spawned, [
      // "Fast": ends sessions and writes a checkpoint. Then "immediate": replays on the next start.
      { signal: 'SIGINT', waitMs: 15_000 },
      { signal: 'SIGQUIT', waitMs: 5_000 },
    ]);
    if (!orderly) await kill();
  };
  return { pid, exited, stop, kill };
}

interface Access {
  readonly port: number;
  readonly password: string;
  readonly dataDir: string;
}

/** Ready means that a client gets in and that our database is there. */
async function waitUntilReady(
  spawned: SpawnedProcess,
  access: Access,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    let failure: unknown;
    try {
      await ensureDatabase(access);
      return;
    } catch (error) {
      failure = error;
    }
    if (spawned.hasExited()) throw await explainExit(spawned, access.dataDir);
    const refusal = describeRefusal(failure);
    if (refusal !== undefined) {
      throw new StartError(
        `PostgreSQL's data folder ${access.dataDir} can't be used: ${refusal}. ${REMEDY}`,
      );
    }
    if (performance.now() > deadline) {
      throw new StartError(
        `PostgreSQL did not become ready within ${READY_MS / 1000} s (${messageOf(failure)}).`,
      );
    }
    await delay(POLL_MS, undefined, { ...(signal && { signal }) });
  }
}

/** What the server itself says against letting us in, unless that will pass. */
function describeRefusal(failure: unknown): string | undefined {
  const code = errorCode(failure);
  // A digit tells the server's codes (58P01) from the system's (EPIPE).
  if (code === undefined || !/^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return undefined;
  if (PASSING_STATES.has(code)) return undefined;
  if (code === WRONG_PASSWORD) return "the password beside the data is not the server's";
  return messageOf(failure);
}

async function ensureDatabase({ port, password }: Access): Promise<void> {
  const client = new Client({
    host: HOST,
    port,
    password,
    user: SUPERUSER,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: READY_MS,
  });
  // A connection that breaks later than the query fails the query; without this it ends us.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [
      DATABASE,
    ]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Not what the server told us while it was starting up. */
const REASON = /^.*?(?:FATAL|PANIC):\s+(?!the database system is)/;

async function explainExit(spawned: SpawnedProcess, dataDir: string): Promise<StartError> {
  const lines = await spawned.recentLines();
  const { code, signal } = await spawned.exited;
  // The first reason is the cause; what follows is the server giving up because of it.
  const fatal = lines.find((line) => REASON.test(line));
  const reason = fatal?.replace(REASON, '') ?? lines.at(-1) ?? `exit ${signal ?? code}`;
  return new StartError(
    `PostgreSQL did not start with the data folder ${dataDir}: ${reason}. ` +
      `If the folder is damaged: ${REMEDY[0]?.toLowerCase()}${REMEDY.slice(1)}`,
  );
}
