import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The addresses and the key of the running stack, as environment variables. */
export type RunningEnv = Record<string, string>;

const fileIn = (dataDir: string): string => path.join(dataDir, 'env');

/** Lets the command line tool find the running stack by itself. */
export async function writeRunningEnv(dataDir: string, env: RunningEnv): Promise<void> {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  const file = fileIn(dataDir);
  // Removed first: the mode is that of a new file only.
  await rm(file, { force: true });
  await writeFile(file, lines.join(''), { mode: 0o600 });
}

export const removeRunningEnv = (dataDir: string): Promise<void> =>
  rm(fileIn(dataDir), { force: true });
