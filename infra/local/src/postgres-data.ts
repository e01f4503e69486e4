import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './make-folder.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { runToEnd } from './processes.ts';
import { isRunning, listServersIn, waitUntilGone } from './process-table.ts';
import { findSecret, readOrCreateSecret } from './secret-file.ts';
import { type Privileges, withPrivileges } from './setpriv.ts';
import { errorCode, messageOf, StartError } from './start-error.ts';

const DRAFT_PREFIX = 'initdb-';
const PASSWORD_FILE = 'password';
/** Of the pid file, counted from 0. */
const STATUS_LINE = 7;
/** How long to wait for a server that is stopping, or of which only parts are left. */
const STOPPING_MS = 15_000;
/** And for one that does not look like stopping, because its launcher may have died just now. */
const READY_MS = 2_000;

export const SUPERUSER = 'nexmdm';
export const REMEDY = 'Remove the folder, or name another one with NEXMDM_DATA_DIR.';

export interface Cluster {
  readonly pgdata: string;
  readonly password: string;
}

const unusable = (dataDir: string, problem: string, options?: ErrorOptions): StartError =>
  new StartError(
    `PostgreSQL's data folder ${dataDir} can't be used: ${problem}. ${REMEDY}`,
    options,
  );

/** The folder that holds the cluster and its password. */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolder(dataDir, 0o700);
    await readdir(dataDir);
  } catch (cause) {
    throw unusable(dataDir, messageOf(cause), { cause });
  }
}

/**
 * The data folder, ready for a server: initialised the first time, checked every other time.
 *
 * `dataDir` holds `pgdata` (PostgreSQL's own folder) and beside it `password`, which only the user
 * who started us can read. A first initialisation happens in `initdb-<pid>` and is renamed when it
 * is complete, so a `pgdata` is always a whole one.
 */
export async function prepareCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  privileges: Privileges,
): Promise<Cluster> {
  const pgdata = path.join(dataDir, 'pgdata');
  const passwordFile = path.join(dataDir, PASSWORD_FILE);
  try {
    const { runAs } = privileges;
    if (runAs) await chown(dataDir, runAs.uid, runAs.gid);
    const names = await readdir(dataDir);
    await removeAbandonedDrafts(dataDir, names);
    if (await isMissingOrEmpty(pgdata)) {
      const foreign = names.find((name) => !isOurs(name));
      if (foreign !== undefined) throw unusable(dataDir, `it holds something else (${foreign})`);
      const password = await readOrCreateSecret(passwordFile);
      await initialise(dataDir, password, binaries, privileges);
      return { pgdata, password };
    }
    const password = await findSecret(passwordFile);
    if (password === undefined) throw unusable(dataDir, `its file ${PASSWORD_FILE} is missing`);
    await assertMajorVersion(dataDir, binaries.majorVersion);
    if (runAs && (await stat(pgdata)).uid !== runAs.uid) {
      await runToEnd({ command: 'chown', args: ['-R', `${runAs.uid}:${runAs.gid}`, pgdata] });
    }
    await waitForPreviousServer(dataDir);
    return { pgdata, password };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw unusable(dataDir, messageOf(error), { cause: error });
  }
}

const isOurs = (name: string): boolean =>
  name === 'pgdata' || name.startsWith(PASSWORD_FILE) || name.startsWith(DRAFT_PREFIX);

async function isMissingOrEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}

async function removeAbandonedDrafts(dataDir: string, names: readonly string[]): Promise<void> {
  for (const name of names.filter((name) => name.startsWith(DRAFT_PREFIX))) {
    const pid = Number(name.slice(DRAFT_PREFIX.length));
    if (pid === process.pid || !isRunning(pid)) {
      await rm(path.join(dataDir, name), { recursive: true, force: true });
    }
  }
}

async function initialise(
  dataDir: string,
  password: string,
  binaries: PostgresBinaries,
  privileges: Privileges,
): Promise<void> {
  const draft = path.join(dataDir, `${DRAFT_PREFIX}${process.pid}`);
  const pgdata = path.join(draft, 'pgdata');
  const passwordCopy = path.join(draft, PASSWORD_FILE);
  await mkdir(draft, { mode: 0o700 });
  try {
    await writeFile(passwordCopy, password, { mode: 0o600 });
    if (privileges.runAs) {
      for (const entry of [passwordCopy, draft]) {
        await chown(entry, privileges.runAs.uid, privileges.runAs.gid);
      }
    }
    const options = [
      `--pgdata=${pgdata}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordCopy}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // PostgreSQL's own C.UTF-8: the same order of text on every system.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--data-checksums',
    ];
    const { code, lines } = await runToEnd({
      ...withPrivileges(binaries.initdb, options, { ...privileges, deathSignal: 'TERM' }),
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      cwd: draft,
    });
    if (code !== 0) {
      const reason = lines.findLast((line) => /error|fatal/i.test(line)) ?? lines.at(-1);
      throw unusable(dataDir, `initdb failed (${reason ?? `exit code ${code}`})`);
    }
    await chmod(pgdata, 0o700);
    await rename(pgdata, path.join(dataDir, 'pgdata'));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function assertMajorVersion(dataDir: string, expected: number): Promise<void> {
  const file = path.join(dataDir, 'pgdata', 'PG_VERSION');
  const found = (await findSecret(file)) ?? '';
  if (!/^\d+$/.test(found)) {
    throw unusable(dataDir, 'its pgdata/PG_VERSION is missing or damaged');
  }
  if (Number(found) !== expected) {
    throw unusable(
      dataDir,
      `it was made by PostgreSQL ${found}, and this project runs PostgreSQL ${expected}`,
    );
  }
}

/**
 * Two servers on one folder would destroy it. A server about to stop is waited for; a pid file
 * whose process is another program by now (after a reboot, in a restarted container) is removed,
 * since PostgreSQL itself would refuse to start because of it.
 */
async function waitForPreviousServer(dataDir: string): Promise<void> {
  const pgdata = path.join(dataDir, 'pgdata');
  const pidFile = path.join(pgdata, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => undefined);
  const lines = content?.split('\n') ?? [];
  const pid = Number(lines[0] ?? Number.NaN);
  const users =
    process.platform === 'linux' ? listServersIn(pgdata, ['postgres']) : [pid].filter(isRunning);
  const isReady = users.includes(pid) && lines[STATUS_LINE]?.trim() === 'ready';
  if (!(await waitUntilGone(users, isReady ? READY_MS : STOPPING_MS))) {
    const user = users.includes(pid) ? pid : users[0];
    throw new StartError(
      `PostgreSQL's data folder ${dataDir} is in use by a running server (pid ${user}). ` +
        `Stop it (kill -INT ${user}), or name another folder with NEXMDM_DATA_DIR.`,
    );
  }
  if (content !== undefined) await rm(pidFile, { force: true });
}
