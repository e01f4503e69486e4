import { setTimeout as delay } from 'node:timers/promises';
import type { ServerPart, WriteLine } from './parts.ts';
import { describeExit, type ExitStatus, type RunningProcess } from './processes.ts';
import { messageOf, StartError } from './start-error.ts';

export interface RestartPolicy {
  /** The longest wait before the first restart; doubles with every failure in a row. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A process that ran this long starts again with the first delay. */
  readonly stableMs: number;
  /** How long a part may fail before it was ever ready. */
  readonly firstStartMs: number;
}

export const DEFAULT_POLICY: RestartPolicy = {
  firstDelayMs: 500,
  longestDelayMs: 30_000,
  stableMs: 30_000,
  firstStartMs: 60_000,
};

export interface Supervisor {
  readonly name: string;
  /** The pid while it runs. */
  pid(): number | undefined;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface SuperviseOptions {
  /** Output of the part itself. */
  readonly writeLine: WriteLine;
  /** What the supervisor has to say. */
  readonly report: WriteLine;
  readonly policy?: RestartPolicy;
}

/** Between half the delay and the whole, so that parts that fell together don't rise together. */
function jitteredDelay(policy: RestartPolicy, failures: number): number {
  const full = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (failures - 1));
  return full * (0.5 + Math.random() / 2);
}

/** Made at once, so that a part can be stopped while it is still starting. */
export function createSupervisor(
  part: ServerPart,
  { writeLine, report, policy = DEFAULT_POLICY }: SuperviseOptions,
): Supervisor & { start(): Promise<void> } {
  const stopping = new AbortController();
  let current: RunningProcess | undefined;
  let finished: Promise<void> = Promise.resolve();
  let failures = 0;

  const startOnce = async (): Promise<RunningProcess> => {
    const running = await part.start(writeLine, stopping.signal);
    if (stopping.signal.aborted) {
      await running.stop();
      throw new Error('was told to stop');
    }
    current = running;
    return running;
  };

  /** Waits before the next attempt; false when it is time to stop instead. */
  const pauseAfter = async (problem: string): Promise<boolean> => {
    if (stopping.signal.aborted) return false;
    failures += 1;
    const waitMs = jitteredDelay(policy, failures);
    const attempt = failures === 1 ? '' : ` (attempt ${failures})`;
    report(
      `${part.name} ${problem}; starting it again in ${(waitMs / 1000).toFixed(1)} s${attempt}`,
    );
    return delay(waitMs, true, { signal: stopping.signal }).catch(() => false);
  };

  const firstStart = async (): Promise<RunningProcess> => {
    const deadline = performance.now() + policy.firstStartMs;
    for (;;) {
      try {
        return await startOnce();
      } catch (error) {
        if (error instanceof StartError || stopping.signal.aborted) throw error;
        const problem = messageOf(error);
        if (performance.now() > deadline || !(await pauseAfter(problem))) {
          throw new StartError(`${part.name} did not start: it ${problem}`, { cause: error });
        }
      }
    }
  };

  const restart = async (problem: string): Promise<RunningProcess | undefined> => {
    let reason = problem;
    while (await pauseAfter(reason)) {
      try {
        const running = await startOnce();
        report(`${part.name} has been started again`);
        return running;
      } catch (error) {
        reason = messageOf(error);
      }
    }
    return undefined;
  };

  const keepRunning = async (first: RunningProcess): Promise<void> => {
    let running: RunningProcess | undefined = first;
    while (running) {
      const startedAt = performance.now();
      const status: ExitStatus = await running.exited;
      current = undefined;
      if (stopping.signal.aborted) return;
      if (performance.now() - startedAt > policy.stableMs) failures = 0;
      running = await restart(describeExit(status));
    }
  };

  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    stopping.abort();
    await current?.[how]();
    await finished;
  };

  return {
    name: part.name,
    pid: () => current?.pid,
    async start() {
      const starting = firstStart();
      finished = starting.then(
        () => undefined,
        () => undefined,
      );
      const first = await starting;
      failures = 0;
      finished = keepRunning(first);
    },
    stop: () => end('stop'),
    kill: () => end('kill'),
  };
}
