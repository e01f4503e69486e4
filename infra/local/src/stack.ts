import { setTimeout as delay } from 'node:timers/promises';
import type { Part } from './parts.ts';
import { createSupervisor, type RestartPolicy, type Supervisor } from './supervisor.ts';

export interface StackOptions {
  readonly parts: readonly Part[];
  readonly writeLine: (source: string, line: string) => void;
  /** Under which name the stack itself reports. */
  readonly reporter: string;
  readonly policy?: RestartPolicy;
}

export interface Stack {
  /** Starts the parts in their order, each when the one before is ready. */
  start(): Promise<void>;
  /** Stops them in the reverse order; may be called while `start` is still at work. */
  stop(): Promise<void>;
  /** Ends all at once. */
  kill(): Promise<void>;
  listPids(): ReadonlyMap<string, number>;
}

export function createStack({ parts, writeLine, reporter, policy }: StackOptions): Stack {
  const stopping = new AbortController();
  const started: Supervisor[] = [];
  const report = (line: string): void => writeLine(reporter, line);
  return {
    async start() {
      for (const part of parts) {
        if (stopping.signal.aborted) return;
        const writePartLine = (line: string): void => writeLine(part.name, line);
        if (part.kind === 'task') {
          await part.run(writePartLine, stopping.signal);
          continue;
        }
        const supervisor = createSupervisor(part, {
          writeLine: writePartLine,
          report,
          ...(policy && { policy }),
        });
        // Before its start, so that a stop meanwhile knows about it.
        started.push(supervisor);
        await supervisor.start();
      }
    },
    async stop() {
      stopping.abort();
      for (const supervisor of started.toReversed()) {
        await reportSlowness(supervisor.stop(), () =>
          report(`waiting for ${supervisor.name} to stop`),
        );
      }
    },
    async kill() {
      stopping.abort();
      await Promise.all(started.map((supervisor) => supervisor.kill()));
    },
    listPids() {
      const pids = new Map<string, number>();
      for (const supervisor of started) {
        const pid = supervisor.pid();
        if (pid !== undefined) pids.set(supervisor.name, pid);
      }
      return pids;
    },
  };
}

const SLOW_MS = 2_000;

async function reportSlowness(work: Promise<void>, report: () => void): Promise<void> {
  const timer = new AbortController();
  void delay(SLOW_MS, undefined, { signal: timer.signal }).then(report, () => {});
  try {
    await work;
  } finally {
    timer.abort();
  }
}
