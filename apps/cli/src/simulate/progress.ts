import type { FleetSnapshot } from './summary.ts';
import { progressText } from './summary-text.ts';

export interface ProgressOptions {
  snapshot: () => FleetSnapshot;
  /** Writes the line in place of the one before on a terminal, else a line of its own. */
  show: (text: string) => void;
  everyMs: number;
}

/** Says how it goes until the returned function is called. */
export function startProgress({ snapshot, show, everyMs }: ProgressOptions): () => void {
  const timer = setInterval(() => {
    show(progressText(snapshot()));
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}
