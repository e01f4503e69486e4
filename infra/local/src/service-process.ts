import { setTimeout as delay } from 'node:timers/promises';
import type { WriteLine } from './parts.ts';
import {
  describeExit,
  type RunningProcess,
  signalUntilExit,
  type SpawnedProcess,
  spawnProcess,
} from './processes.ts';
import { isRunning, sendSignal } from './process-table.ts';
import { StartError } from './start-error.ts';

/** EX_CONFIG: the settings are wrong, so that starting again can't help. */
const EXIT_BAD_CONFIG = 78;
const READY_MS = 60_000;
const POLL_MS = 100;
const REQUEST_MS = 2_000;
const STOP_MS = 10_000;

export interface ServiceOptions {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answers 200 once the service is ready; without it, it counts as ready when it runs. */
  readonly readyUrl?: string;
}

/**
 * Starts one of our services. It ends by itself when its IPC channel does, which happens however we
 * end.
 */
export async function startService(
  options: ServiceOptions,
  writeLine: WriteLine,
  stopping: AbortSignal,
): Promise<RunningProcess> {
  const { command, args, cwd, env } = options;
  const spawned = await spawnProcess({ command, args, cwd, env, ipc: true, onLine: writeLine });
  const { pid, exited } = spawned;
  const kill = async (): Promise<void> => {
    if (isRunning(pid)) sendSignal(pid, 'SIGKILL');
    await exited;
  };
  const stop = async (): Promise<void> => {
    const orderly = await signalUntilExit(spawned, [{ signal: 'SIGTERM', waitMs: STOP_MS }]);
    if (!orderly) await kill();
  };
  try {
    if (options.readyUrl !== undefined) await waitUntilReady(spawned, options.readyUrl, stopping);
  } catch (error) {
    await (stopping.aborted ? stop() : kill());
    throw await explainBadConfig(spawned, options.name, error);
  }
  return { pid, exited, stop, kill };
}

async function waitUntilReady(
  spawned: SpawnedProcess,
  readyUrl: string,
  stopping: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (!(await answersOk(readyUrl, stopping))) {
    if (spawned.hasExited()) throw new Error(describeExit(await spawned.exited));
    if (performance.now() > deadline) {
      throw new Error(`was not ready within ${READY_MS / 1000} s (${readyUrl})`);
    }
    await delay(POLL_MS, undefined, { signal: stopping });
  }
}

async function answersOk(url: string, stopping: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(REQUEST_MS)]);
    const response = await fetch(url, { signal });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

async function explainBadConfig(
  spawned: SpawnedProcess,
  name: string,
  error: unknown,
): Promise<unknown> {
  const { code } = await spawned.exited;
  if (code !== EXIT_BAD_CONFIG) return error;
  const lines = await spawned.recentLines();
  return new StartError(`${name} refuses its settings:\n${lines.join('\n')}`, { cause: error });
}
