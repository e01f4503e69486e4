/** Somebody wants the command to end: Ctrl-C, a signal, or the parent process is gone. */
export interface StopRequest {
  signal: AbortSignal;
  /** Listens no more; a channel to the parent that is listened to would keep the process alive. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The first request is left to the command; the same signal again ends the process at once. */
export function listenForStop(): StopRequest {
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort();
  };
  for (const name of SIGNALS) process.once(name, stop);
  process.once('disconnect', stop);
  return {
    signal: stopping.signal,
    dispose() {
      for (const name of SIGNALS) process.off(name, stop);
      process.off('disconnect', stop);
    },
  };
}
