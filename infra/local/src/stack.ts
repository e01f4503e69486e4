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
  /** Starts the parts in their order, each (or each group) when the one before is ready. */
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
  const groups = groupNeighbours(parts);
  const started = new Map<Part, Supervisor>();
  const report = (line: string): void => writeLine(reporter, line);

  const startPart = async (part: Part): Promise<void> => {
    const writePartLine = (line: string): void => writeLine(part.name, line);
    if (part.kind === 'task') {
      await part.run(writePartLine, stopping.signal);
      return;
    }
    const supervisor = createSupervisor(part, {
      writeLine: writePartLine,
      report,
      ...(policy && { policy }),
    });
    // Before its start, so that a stop meanwhile knows about it.
    started.set(part, supervisor);
    await supervisor.start();
  };

  return {
    async start() {
      for (const group of groups) {
        if (stopping.signal.aborted) return;
        await Promise.all(group.map(startPart));
      }
    },
    async stop() {
      stopping.abort();
      for (const group of groups.toReversed()) {
        const supervisors = group.flatMap((part) => started.get(part) ?? []);
        const names = supervisors.map((supervisor) => supervisor.name).join(', ');
        const stopped = Promise.all(supervisors.map((supervisor) => supervisor.stop()));
        await reportSlowness(stopped, () => report(`waiting for ${names} to stop`));
      }
    },
    async kill() {
      stopping.abort();
      await Promise.all([...started.values()].map((supervisor) => supervisor.kill()));
    },
    listPids() {
      const pids = new Map<string, number>();
      for (const supervisor of started.values()) {
        const pid = supervisor.pid();
        if (pid !== undefined) pids.set(supervisor.name, pid);
      }
      return pids;
    },
  };
}

/** Neighbours that start and stop together make one group, everything else stands alone. */
function groupNeighbours(parts: readonly Part[]): Part[][] {
  const isSociable = (part: Part | undefined) => part?.kind === 'server' && part.withNeighbours;
  const groups: Part[][] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (last && isSociable(part) && isSociable(last[0])) last.push(part);
    else groups.push([part]);
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
