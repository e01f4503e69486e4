import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { findProgram } from './config.ts';
import { isRunning } from './process-table.ts';
import { runToEnd } from './processes.ts';
import { findUnpacked, unpackedRoot } from './redis-probe.ts';
import { withPrivileges } from './setpriv.ts';
import { errorCode, StartError } from './start-error.ts';

const DOWNLOAD_PREFIX = 'redis-download-';

export interface InstallOptions {
  readonly toolsDir: string;
  readonly onProgress?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** What to say when it did not work; undefined when it did. */
type Attempt = { readonly failure: string } | undefined;

/**
 * Gets a Redis server from the system's package manager, as far as that needs no password: with
 * apt into `toolsDir/redis` without touching the system, with the others into the system.
 */
export async function installRedis(options: InstallOptions): Promise<Attempt> {
  const apt = findProgram('apt-get');
  const dpkg = findProgram('dpkg');
  if (apt !== undefined && dpkg !== undefined) {
    options.onProgress?.('downloading Redis with apt-get (once)');
    await unpackDebianPackages(options, apt, dpkg);
    return undefined;
  }
  const isRoot = process.getuid?.() === 0;
  const installers = [
    { program: 'dnf', args: ['install', '-y', '-q', 'redis'], usable: isRoot },
    { program: 'dnf', args: ['install', '-y', '-q', 'valkey'], usable: isRoot },
    { program: 'apk', args: ['add', '--no-progress', 'redis'], usable: isRoot },
    { program: 'brew', args: ['install', '--quiet', 'redis'], usable: !isRoot },
  ];
  let failure = 'there is no apt-get, and no dnf, apk or brew that works without a password';
  for (const { program, args, usable } of installers) {
    const command = findProgram(program);
    if (!usable || command === undefined) continue;
    options.onProgress?.(`installing Redis with ${program} (once)`);
    const { code, lines } = await run(command, args, options.signal);
    if (code === 0) return undefined;
    failure = `${program}: ${lines.at(-1) ?? `exit code ${code}`}`;
  }
  return { failure };
}

/** Everything in a folder of its own: neither the system's package lists nor its files change. */
async function unpackDebianPackages(
  { toolsDir, signal }: InstallOptions,
  apt: string,
  dpkg: string,
): Promise<void> {
  await mkdir(toolsDir, { recursive: true });
  await removeAbandonedDownloads(toolsDir);
  const work = await mkdtemp(path.join(toolsDir, `${DOWNLOAD_PREFIX}${process.pid}-`));
  try {
    const lists = path.join(work, 'lists');
    const cache = path.join(work, 'cache');
    const root = path.join(work, 'root');
    for (const folder of [
      path.join(lists, 'partial'),
      path.join(cache, 'archives/partial'),
      root,
    ]) {
      await mkdir(folder, { recursive: true });
    }
    const options = [
      '-o',
      `Dir::State::lists=${lists}`,
      '-o',
      `Dir::Cache=${cache}`,
      '-o',
      'Debug::NoLocking=1',
      // As root, apt downloads as the user _apt, who may not enter a folder made by mkdtemp.
      '-o',
      'APT::Sandbox::User=',
      '-o',
      'Acquire::http::Timeout=30',
      '-o',
      'Acquire::https::Timeout=30',
    ];
    const install = ['install', '--download-only', '-y', '--no-install-recommends', 'redis-server'];
    // Some other source of the system may be out of order: what counts is whether Redis comes.
    await run(apt, [...options, 'update'], signal);
    const { code, lines } = await run(apt, [...options, ...install], signal);
    const archives = path.join(cache, 'archives');
    const packages = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
    if (code !== 0) {
      const reason = lines.findLast((line) => line.startsWith('E:')) ?? lines.at(-1);
      throw new StartError(`apt-get: ${reason ?? `exit code ${code}`}`);
    }
    if (packages.length === 0) {
      throw new StartError('the redis-server of this system is installed, but too old');
    }
    for (const name of packages) {
      const unpacked = await run(dpkg, ['-x', path.join(archives, name), root], signal);
      if (unpacked.code !== 0) {
        throw new StartError(`dpkg: ${unpacked.lines.at(-1) ?? `exit code ${unpacked.code}`}`);
      }
    }
    await moveIntoPlace(root, toolsDir, path.join(work, 'replaced'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const run = (command: string, args: readonly string[], signal: AbortSignal | undefined) =>
  runToEnd({ ...withPrivileges(command, args, { deathSignal: 'TERM' }), signal });

/** Left by a process that was killed in the middle. */
async function removeAbandonedDownloads(toolsDir: string): Promise<void> {
  const names = await readdir(toolsDir);
  for (const name of names.filter((name) => name.startsWith(DOWNLOAD_PREFIX))) {
    const pid = Number.parseInt(name.slice(DOWNLOAD_PREFIX.length), 10);
    if (!isRunning(pid)) await rm(path.join(toolsDir, name), { recursive: true, force: true });
  }
}

/** Whoever is first wins, unless what stands there does not run (of another architecture, say). */
async function moveIntoPlace(from: string, toolsDir: string, replaced: string): Promise<void> {
  const to = unpackedRoot(toolsDir);
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
    if (await findUnpacked(toolsDir)) return;
    await rename(to, replaced);
    await rename(from, to);
  }
}
