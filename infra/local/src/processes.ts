import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, sendSignal } from './process-table.ts';
import { messageOf, StartError } from './start-error.ts';

const RECENT_LINES = 40;
const FINAL_LINES_MS = 1_000;

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export const describeExit = ({ code, signal }: ExitStatus): string =>
  signal === null ? `exited with code ${code}` : `was ended by ${signal}`;

/** A process that is ready for work. `stop` and `kill` may be called more than once. */
export interface RunningProcess {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  /** Orderly, then by force once its time is over. */
  stop(): Promise<void>;
  /** At once, as a crash would. Resolves when nothing of it is left. */
  kill(): Promise<void>;
}

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Without it the child inherits the environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** An IPC channel, whose end tells the child that its parent is gone. */
  readonly ipc?: boolean;
  readonly onLine?: ((line: string) => void) | undefined;
  /** Ends the process with SIGTERM. */
  readonly signal?: AbortSignal | undefined;
}

export interface SpawnedProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  hasExited(): boolean;
  /** The last lines of its output; after its exit this waits for the very last ones. */
  recentLines(): Promise<readonly string[]>;
}

/**
 * Starts a program in a process group of its own, so that a terminal's Ctrl-C reaches only us and
 * we decide the order in which things stop.
 */
export async function spawnProcess(options: SpawnOptions): Promise<SpawnedProcess> {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(options.ipc ? ['ipc' as const] : [])];
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio,
    ...(options.env && { env: { ...options.env } }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
    ...(options.signal && { signal: options.signal }),
  });
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const recent: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      recent.push(line);
      if (recent.length > RECENT_LINES) recent.shift();
      options.onLine?.(line);
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      reject(new StartError(`${options.command} could not be run: ${messageOf(error)}`));
    });
  });
  // After the start, an error is a signal or a message that could not be delivered.
  child.on('error', () => {});
  return {
    child,
    pid: child.pid ?? 0,
    exited,
    hasExited,
    async recentLines() {
      if (hasExited()) await settledWithin(closed, FINAL_LINES_MS);
      return recent;
    },
  };
}

/** True when the promise settles within the time; the timer is not left behind. */
export async function settledWithin(
  promise: Promise<unknown>,
  timeoutMs: number,
): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.then(() => true),
      delay(timeoutMs, false, { signal: timer.signal }),
    ]);
  } finally {
    timer.abort();
  }
}

/** Sends each signal in turn until the process has exited; true when one of them was enough. */
export async function signalUntilExit(
  process: Pick<SpawnedProcess, 'pid' | 'exited'>,
  steps: readonly { readonly signal: NodeJS.Signals; readonly waitMs: number }[],
): Promise<boolean> {
  for (const { signal, waitMs } of steps) {
    if (isRunning(process.pid)) sendSignal(process.pid, signal);
    if (await settledWithin(process.exited, waitMs)) return true;
  }
  return false;
}

/** Runs a program to its end and returns its whole output, stdout and stderr together. */
export async function runToEnd(
  options: SpawnOptions,
): Promise<ExitStatus & { readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const spawned = await spawnProcess({
    ...options,
    onLine: (line) => {
      lines.push(line);
      options.onLine?.(line);
    },
  });
  const status = await spawned.exited;
  await spawned.recentLines();
  return { ...status, lines };
}
