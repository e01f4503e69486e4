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
  /**
   * Stops them in the reverse order, neighbours that allow it at the same time; may be called while
   * `start` is still at work.
   */
  stop(): Promise<void>;
  /** Ends all at once. */
  kill(): Promise<void>;
  listPids(): ReadonlyMap<string, number>;
}

export function createStack({ parts, writeLine, reporter, policy }: StackOptions): Stack {
  const stopping = new AbortController();
  const started: Supervisor[] = [];
  const stopTogether = new Set<Supervisor>();
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
        if (part.stopsWithNeighbours) stopTogether.add(supervisor);
        await supervisor.start();
      }
    },
    async stop() {
      stopping.abort();
      for (const group of groupNeighbours(started.toReversed(), stopTogether)) {
        const names = group.map((supervisor) => supervisor.name).join(', ');
        const stopped = Promise.all(group.map((supervisor) => supervisor.stop()));
        await reportSlowness(stopped, () => report(`waiting for ${names} to stop`));
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

/** Members of `together` that follow each other make one group, everything else stands alone. */
function groupNeighbours<Item>(items: readonly Item[], together: ReadonlySet<Item>): Item[][] {
  const groups: Item[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    const previous = last?.at(-1);
    if (last && previous !== undefined && together.has(previous) && together.has(item))
      last.push(item);
    else groups.push([item]);
  }
  return groups;
}

const SLOW_MS = 3_000;

async function reportSlowness(work: Promise<unknown>, report: () => void): Promise<void> {
  const timer = new AbortController();
  void delay(SLOW_MS, undefined, { signal: timer.signal }).then(report, () => {});
  try {
    await work;
  } finally {
    timer.abort();
  }
}
