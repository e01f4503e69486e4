import { pause } from './backoff.ts';

/** Runs something again and again until it is stopped; never two at once. */
export interface Repeater {
  start(): void;
  /** Resolves when the run under way is over. */
  stop(): Promise<void>;
}

/**
 * @param run must bound its own time; `onError` gets what it throws, and the next run comes all the same
 */
export function repeatEvery(
  intervalMs: number,
  run: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Repeater {
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  const runUntilStopped = async () => {
    while (!stopping.signal.aborted) {
      try {
        await run();
      } catch (error) {
        onError(error);
      }
      await pause(intervalMs, stopping.signal);
    }
  };
  return {
    start() {
      loop ??= runUntilStopped();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
