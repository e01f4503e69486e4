import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { appEntry, REPOSITORY } from './repository.ts';

/** A line of a service's log. */
export type LogLine = Record<string, unknown> & { event: string };

export interface AppProcess {
  url: string;
  pid: number;
  /** Everything it logged so far. */
  logs: readonly LogLine[];
  /** Resolves with the exit code, null when a signal ended it. */
  exited: Promise<number | null>;
  /** Asks it to stop (SIGTERM) and waits until it is gone. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** What a process needs of the caller's environment; everything else is given by the test. */
export function processEnvironment(env: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TZ: 'UTC', ...env };
}

const START_TIMEOUT_MS = 20_000;

/** Starts a service as a process of its own and waits until it says where it listens. */
export async function startApp(
  app: string,
  env: Readonly<Record<string, string>>,
): Promise<AppProcess> {
  const child = spawn(process.execPath, [appEntry(app)], {
    cwd: REPOSITORY,
    env: processEnvironment({ HOST: '127.0.0.1', PORT: '0', ...env }),
    // The channel makes the service stop when this process is gone.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const logs: LogLine[] = [];
  const output: string[] = [];
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${app} did not start in time:\n${output.join('\n')}`));
    }, START_TIMEOUT_MS);
    onLines(child, (line) => {
      output.push(line);
      const log = parseLog(line);
      if (log === undefined) return;
      logs.push(log);
      if (log.event === 'process.started') {
        clearTimeout(timer);
        resolve(Number(log['port']));
      }
    });
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`${app} ended with ${String(code)}:\n${output.join('\n')}`));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    logs,
    exited,
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    signal(signal) {
      child.kill(signal);
    },
  };
}

export interface RunResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end.
 *
 * @throws when it ends with another code than 0, unless `anyCode`
 */
export async function runNode(
  entry: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: { anyCode?: boolean } = {},
): Promise<RunResult> {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: REPOSITORY,
    env: processEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 && options.anyCode !== true) {
    throw new Error(`${entry} ${args.join(' ')} ended with ${String(code)}:\n${stdout}${stderr}`);
  }
  return { code, stdout, stderr };
}

function onLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
}

function parseLog(line: string): LogLine | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null && 'event' in parsed
      ? (parsed as LogLine)
      : undefined;
  } catch {
    return undefined;
  }
}
