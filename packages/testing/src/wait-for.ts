import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits for a fact: calls `probe` until it returns something other than undefined or false without
 * throwing, and returns it.
 *
 * @throws what the last call threw, or an error that names `what`, after `timeoutMs`
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) {
      throw failure instanceof Error
        ? failure
        : new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    }
    await delay(POLL_MS);
  }
}
