import { UnreachableError } from '../command-error.ts';
import { explainError } from '../explain-error.ts';

export type Level = 'ok' | 'warn' | 'fail';

/** What one check came to. */
export interface Finding {
  /** What was looked at: `postgresql`, `redis`, … */
  area: string;
  check: string;
  level: Level;
  /** What is, with the numbers that the level comes from. */
  detail: string;
  /** The command or setting that mends it. */
  mend?: string;
}

/** What one check may take, and what connecting and all checks of a server may take together. */
const CHECK_TIMEOUT_MS = 5_000;
export const SERVER_TIMEOUT_MS = 10_000;

class CheckTimeoutError extends Error {
  override readonly name = 'CheckTimeoutError';
}

/** Runs a check within the time it has; what it throws becomes a failure of that check. */
export async function runCheck(
  area: string,
  check: string,
  mendFailure: string,
  run: () => Promise<Finding[]>,
  timeoutMs = CHECK_TIMEOUT_MS,
): Promise<Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new CheckTimeoutError(`no answer within ${timeoutMs / 1_000} s`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([run(), timeout]);
  } catch (error) {
    const detail = error instanceof UnreachableError ? error.problem : explainError(error);
    return [{ area, check, level: 'fail', detail, mend: mendFailure }];
  } finally {
    clearTimeout(timer);
  }
}

/** Findings of one area, with less to write for each. */
export function findingsOf(area: string) {
  return {
    ok: (check: string, detail: string): Finding => ({ area, check, level: 'ok', detail }),
    warn: (check: string, detail: string, mend: string): Finding => ({
      area,
      check,
      level: 'warn',
      detail,
      mend,
    }),
    fail: (check: string, detail: string, mend: string): Finding => ({
      area,
      check,
      level: 'fail',
      detail,
      mend,
    }),
  };
}
