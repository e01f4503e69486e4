import { readdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from './make-folder.ts';
import { assertPortFree } from './ports.ts';
import { isRunning, listServersIn, sendSignal, waitUntilGone } from './process-table.ts';
import {
  type RunningProcess,
  signalUntilExit,
  type SpawnedProcess,
  spawnProcess,
} from './processes.ts';
import { REDIS_NAMES, type RedisBinary } from './redis-probe.ts';
import { pingRedis } from './redis-connection.ts';
import { readOrCreateSecret } from './secret-file.ts';
import { withPrivileges } from './setpriv.ts';
import { messageOf, StartError } from './start-error.ts';

const HOST = '127.0.0.1';
/** Long, because a large append-only file is read first. */
const READY_MS = 120_000;
const POLL_MS = 30;
const PING_MS = 5_000;
/** How long to wait for a server whose launcher may have died just now. */
const STOPPING_MS = 3_000;
const REMEDY = 'Remove the folder, or name another one with NEXMDM_DATA_DIR.';

const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  'aof-load-truncated': 'yes',
  // Never drop a heartbeat to make room: an append that does not fit has to fail.
  maxmemory: '1gb',
  'maxmemory-policy': 'noeviction',
  // The append-only file is the whole truth; snapshots beside it would only cost.
  save: '',
};

export interface RedisOptions {
  readonly binary: RedisBinary;
  /** Made when missing; holds the append-only file, the configuration and the password's file. */
  readonly dataDir: string;
  readonly port: number;
  /** Configuration directives, over the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
  /** Gives up a start that is still under way. */
  readonly signal?: AbortSignal;
}

export interface RedisServer extends RunningProcess {
  /** `redis://:<password>@127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
}

/**
 * Runs a Redis of our own on 127.0.0.1 and resolves once it has loaded its data and answers.
 *
 * @throws StartError with what is wrong and what to do about it
 */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const { binary, port } = options;
  await assertPortFree({ port, settingName: 'REDIS_PORT', what: 'Redis' });
  const dataDir = await prepareDataDir(options.dataDir);
  const password = await readOrCreateSecret(path.join(dataDir, 'password'));
  const configFile = path.join(dataDir, 'redis.conf');
  const settings = {
    ...DEFAULT_SETTINGS,
    ...options.settings,
    bind: HOST,
    port: String(port),
    dir: dataDir,
    daemonize: 'no',
    logfile: '',
    requirepass: password,
  };
  // A file, not arguments: every user of the machine can read the arguments of a process.
  await writeFile(configFile, formatConfig(settings), { mode: 0o600 });
  const spawned = await spawnProcess({
    ...withPrivileges(binary.path, [configFile], { deathSignal: 'TERM' }),
    env: {
      PATH: '/usr/bin:/bin',
      ...(binary.libraryPath !== undefined && { LD_LIBRARY_PATH: binary.libraryPath }),
    },
    cwd: dataDir,
    onLine: options.onLog,
  });
  const server = controlOf(spawned);
  try {
    await waitUntilReady(spawned, { port, password, dataDir }, options.signal);
  } catch (error) {
    await server.kill();
    throw error;
  }
  return { ...server, url: `redis://:${password}@${HOST}:${port}`, port };
}

const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;

const formatConfig = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${quote(value)}\n`)
    .join('');

async function prepareDataDir(folder: string): Promise<string> {
  let dataDir: string;
  try {
    await makeFolder(folder, 0o700);
    await readdir(folder);
    dataDir = await realpath(folder);
  } catch (cause) {
    throw new StartError(
      `Redis' data folder ${folder} can't be used: ${messageOf(cause)}. ${REMEDY}`,
      { cause },
    );
  }
  // Redis itself does not notice a second server on its files.
  const users = listServersIn(dataDir, REDIS_NAMES);
  if (!(await waitUntilGone(users, STOPPING_MS))) {
    throw new StartError(
      `Redis' data folder ${dataDir} is in use by a running server (pid ${users[0]}). ` +
        `Stop it (kill ${users[0]}), or name another folder with NEXMDM_DATA_DIR.`,
    );
  }
  return dataDir;
}

function controlOf(spawned: SpawnedProcess): RunningProcess {
  const { pid, exited } = spawned;
  const kill = async (): Promise<void> => {
    if (isRunning(pid)) sendSignal(pid, 'SIGKILL');
    await exited;
  };
  const stop = async (): Promise<void> => {
    const orderly = await signalUntilExit(spawned, [{ signal: 'SIGTERM', waitMs: 10_000 }]);
    if (!orderly) await kill();
  };
  return { pid, exited, stop, kill };
}

interface Access {
  readonly port: number;
  readonly password: string;
  readonly dataDir: string;
}

async function waitUntilReady(
  spawned: SpawnedProcess,
  access: Access,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const answer = await pingRedis({ host: HOST, ...access }, PING_MS).catch(messageOf);
    if (answer === 'PONG') return;
    if (spawned.hasExited()) throw await explainExit(spawned, access.dataDir);
    if (performance.now() > deadline) {
      throw new StartError(`Redis did not become ready within ${READY_MS / 1000} s (${answer}).`);
    }
    await delay(POLL_MS, undefined, { ...(signal && { signal }) });
  }
}

async function explainExit(spawned: SpawnedProcess, dataDir: string): Promise<StartError> {
  const lines = (await spawned.recentLines()).filter((line) => line.trim() !== '');
  const { code, signal } = await spawned.exited;
  // Redis marks warnings and errors with '#'; a bad directive is printed without any mark.
  const marked = lines.findLast((line) => / # /.test(line) && !/exiting/i.test(line));
  const reason = marked?.replace(/^.* # /, '') ?? lines.at(-1) ?? `exit ${signal ?? code}`;
  return new StartError(
    `Redis did not start with the data folder ${dataDir}: ${reason} ` +
      `If the folder is damaged: ${REMEDY[0]?.toLowerCase()}${REMEDY.slice(1)}`,
  );
}
