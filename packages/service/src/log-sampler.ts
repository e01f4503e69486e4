import type { Logger, LogFields } from './logger.ts';

/**
 * Lets a noisy event into the log at most so often a second; the next one that gets in says how
 * many didn't.
 */
export function sampledWarning(logger: Logger, event: string, perSecond: number) {
  let second = 0;
  let written = 0;
  let suppressed = 0;
  return (fields: LogFields): void => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      written = 0;
    }
    if (written >= perSecond) {
      suppressed += 1;
      return;
    }
    written += 1;
    logger.warn(event, suppressed > 0 ? { ...fields, suppressed } : fields);
    suppressed = 0;
  };
}
