import { spawnSync } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Account, findSetpriv, type Privileges } from './setpriv.ts';
import { errorCode, StartError } from './start-error.ts';

/** Accounts that systems have anyway; we never create one. */
const CANDIDATES = ['postgres', 'nobody'];

function readId(option: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [option, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.trim()) : undefined;
}

function findAccount(name: string): Account | undefined {
  const uid = readId('-u', name);
  const gid = readId('-g', name);
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { name, uid, gid };
}

/** Who owns existing data, unless that is root. */
function findOwner(dataDir: string): Account | undefined {
  try {
    const { uid, gid } = statSync(path.join(dataDir, 'pgdata'));
    return uid === 0 ? undefined : { name: `uid ${uid}`, uid, gid };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function mayEnter(folder: string, { uid, gid }: Account): boolean {
  const stat = statSync(folder);
  if (stat.uid === uid) return (stat.mode & 0o100) !== 0;
  if (stat.gid === gid) return (stat.mode & 0o010) !== 0;
  return (stat.mode & 0o001) !== 0;
}

/** The first folder on the way to one of `targets`, themselves included, closed to the account. */
function findClosedFolder(targets: readonly string[], account: Account): string | undefined {
  for (const target of targets) {
    let folder = realpathSync(target);
    for (;;) {
      if (!mayEnter(folder, account)) return folder;
      const parent = path.dirname(folder);
      if (parent === folder) break;
      folder = parent;
    }
  }
  return undefined;
}

/**
 * PostgreSQL refuses to run as root. Then it runs as whoever owns the data already, else as a
 * system account, and with the right to pass closed folders when the project lies behind one
 * (`/root` and what `mktemp -d` makes are open to their owner only). Nothing to do for others.
 */
export function choosePrivileges(
  dataDir: string,
  binaryFolders: readonly string[],
): Pick<Privileges, 'runAs' | 'passClosedFolders'> {
  if (process.getuid?.() !== 0) return {};
  const runAs = findOwner(dataDir) ?? CANDIDATES.map(findAccount).find((account) => account);
  if (!runAs) {
    throw new StartError(
      `PostgreSQL does not run as root, and this system has none of the accounts ${CANDIDATES.join(', ')}. ` +
        'Start as another user, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
  const closed = findClosedFolder([...binaryFolders, path.dirname(dataDir)], runAs);
  if (closed === undefined) return { runAs };
  if (findSetpriv() === undefined) {
    throw new StartError(
      `PostgreSQL does not run as root, and the account ${runAs.name} may not enter ${closed}. ` +
        'Install setpriv (util-linux), move the project, start as another user, or set DATABASE_URL.',
    );
  }
  return { runAs, passClosedFolders: true };
}
