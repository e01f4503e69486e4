import { watchRunnerChain } from './runner-chain.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const POLL_MS = 500;
/** One Ctrl-C can arrive twice: from the terminal and from the package runner. */
const SAME_REQUEST_MS = 1_000;

export interface StopRequests {
  /** Aborted when it is time to stop. */
  readonly stop: AbortSignal;
  /** Aborted when somebody asks a second time. */
  readonly kill: AbortSignal;
  dispose(): void;
}

/** Listens to everything that means "stop": signals, and the end of what started us. */
export function listenForStop(): StopRequests {
  const stop = new AbortController();
  const kill = new AbortController();
  let requestedAt = 0;
  const onSignal = (): void => {
    const now = performance.now();
    if (!stop.signal.aborted) {
      requestedAt = now;
      stop.abort();
    } else if (now - requestedAt > SAME_REQUEST_MS) {
      kill.abort();
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const isOrphaned = watchRunnerChain();
  const timer = setInterval(() => {
    if (!stop.signal.aborted && isOrphaned()) onSignal();
  }, POLL_MS);
  timer.unref();
  return {
    stop: stop.signal,
    kill: kill.signal,
    dispose() {
      clearInterval(timer);
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
