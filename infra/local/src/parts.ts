import type { RunningProcess } from './processes.ts';

export type WriteLine = (line: string) => void;

/** A process that is kept running until the stack stops. */
export interface ServerPart {
  readonly kind: 'server';
  /** Short: it stands before every line of its output. */
  readonly name: string;
  /** Starts and stops at the same time as its neighbours that say so too. */
  readonly withNeighbours?: boolean;
  /**
   * Resolves once it is ready. A StartError on the very first start ends the whole start; any other
   * failure is tried again.
   */
  start(writeLine: WriteLine, stopping: AbortSignal): Promise<RunningProcess>;
}

/** Something done once, before the parts after it start. */
export interface TaskPart {
  readonly kind: 'task';
  readonly name: string;
  run(writeLine: WriteLine, stopping: AbortSignal): Promise<void>;
}

export type Part = ServerPart | TaskPart;
