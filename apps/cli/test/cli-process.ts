import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appEntry, processEnvironment, REPOSITORY, runNode, type RunResult } from '@nexmdm/testing';

/** A folder that doesn't exist: the tests don't find a local stack that happens to run. */
const NO_LOCAL_STACK = { NEXMDM_DATA_DIR: '/nonexistent' };

/** Runs the command to its end, whatever its exit code. */
export function nexmdm(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return runNode(appEntry('cli'), args, { ...NO_LOCAL_STACK, ...env }, { anyCode: true });
}

export interface RunningCommand {
  child: ChildProcess;
  /** Everything it wrote so far. */
  output(): string;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
}

/** Starts the command with a channel to this process, as the launcher does. */
export function startNexmdm(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningCommand {
  const child = spawn(process.execPath, [appEntry('cli'), ...args], {
    cwd: REPOSITORY,
    env: processEnvironment({ ...NO_LOCAL_STACK, ...env }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => text, exited };
}
