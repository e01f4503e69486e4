import { repeatEvery, type Logger, type Repeater } from '@nexmdm/service';
import type { DeviceAuth } from './device-auth.ts';

export interface AuthChangeSource {
  /** The tokens that changed within the last so many seconds, by the database's clock. */
  listChanges(seconds: number): Promise<string[]>;
  prune(): Promise<void>;
}

const POLL_MS = 1_000;
/** A change carries the time at which its commit began; no commit takes longer than this. */
const OVERLAP_SECONDS = 10;
const PRUNE_EVERY_MS = 3_600_000;
/** The log of changes is kept for a day. */
const LOG_SECONDS = 23 * 3_600;

/**
 * Makes the token cache forget what changed in the database: a deleted device, a revoked or rotated
 * token, other monitoring. The database itself is asked, each second, so that no message can get
 * lost; while it is away nothing can change either.
 */
export function watchAuthChanges(
  auth: DeviceAuth,
  source: AuthChangeSource,
  logger: Logger,
): Repeater {
  let lastLook = Date.now();
  let lastPrune = Date.now();
  let away = false;
  return repeatEvery(
    POLL_MS,
    async () => {
      const look = Date.now();
      const seconds = (look - lastLook) / 1000 + OVERLAP_SECONDS;
      if (seconds > LOG_SECONDS) auth.forgetAll();
      auth.forget(await source.listChanges(Math.min(seconds, LOG_SECONDS)));
      lastLook = look;
      away = false;
      if (look - lastPrune > PRUNE_EVERY_MS) {
        lastPrune = look;
        await source.prune();
      }
    },
    (error) => {
      if (!away) logger.warn('auth_changes.unavailable', { error });
      away = true;
    },
  );
}
