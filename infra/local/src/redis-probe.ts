import { readdirSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { readSearchPath } from './config.ts';
import { runToEnd } from './processes.ts';

export const REDIS_NAMES = ['redis-server', 'valkey-server'];
/** The oldest version with everything the streams need. */
export const OLDEST = { major: 6, minor: 2 };

export interface RedisBinary {
  readonly path: string;
  /** As printed by the server, for instance `7.0.15`. */
  readonly version: string;
  /** Where its shared libraries lie when it is not installed in the system. */
  readonly libraryPath?: string;
}

/** Where a downloaded server is unpacked. */
export const unpackedRoot = (toolsDir: string): string => path.join(toolsDir, 'redis');

export async function findOnPath(): Promise<RedisBinary | undefined> {
  for (const folder of readSearchPath()) {
    for (const name of REDIS_NAMES) {
      const found = await probe(path.join(folder, name));
      if (found) return found;
    }
  }
  return undefined;
}

export async function findUnpacked(toolsDir: string): Promise<RedisBinary | undefined> {
  const root = unpackedRoot(toolsDir);
  const binary = path.join(root, 'usr/bin/redis-server');
  // Each architecture has its own folder, such as usr/lib/x86_64-linux-gnu.
  const libraries = path.join(root, 'usr/lib');
  let names: string[] = [];
  try {
    names = readdirSync(libraries).filter((name) => name.includes('-linux-'));
  } catch {
    // Nothing unpacked yet.
  }
  const libraryPath = names.map((name) => path.join(libraries, name)).join(':');
  return probe(binary, libraryPath === '' ? undefined : libraryPath);
}

/** The server at `file` when it is there, runs, and is new enough. */
async function probe(file: string, libraryPath?: string): Promise<RedisBinary | undefined> {
  try {
    await access(file, constants.X_OK);
    const { code, lines } = await runToEnd({
      command: file,
      args: ['--version'],
      env: { PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: libraryPath },
    });
    const match = /\bv=((\d+)\.(\d+)[.\d]*)/.exec(lines.join('\n'));
    if (code !== 0 || match === null) return undefined;
    const [, version = '', major, minor] = match;
    const age = Number(major) * 1_000 + Number(minor) - (OLDEST.major * 1_000 + OLDEST.minor);
    if (age < 0) return undefined;
    return { path: file, version, ...(libraryPath !== undefined && { libraryPath }) };
  } catch {
    return undefined;
  }
}
