import { installRedis } from './redis-install.ts';
import { findOnPath, findUnpacked, OLDEST, type RedisBinary } from './redis-probe.ts';
import { messageOf, StartError } from './start-error.ts';

export interface FindRedisOptions {
  /** Where a downloaded server is kept for the next time. */
  readonly toolsDir: string;
  readonly onProgress?: (message: string) => void;
  /** Gives up a download that is under way. */
  readonly signal?: AbortSignal;
}

/**
 * A Redis or Valkey server of at least 6.2: the one on the PATH, the one downloaded before, or one
 * that the system's package manager gives without a password.
 *
 * @throws StartError saying what was tried and what to do
 */
export async function findRedisBinary(options: FindRedisOptions): Promise<RedisBinary> {
  const present = (await findOnPath()) ?? (await findUnpacked(options.toolsDir));
  if (present) return present;
  const attempt = await installRedis(options).catch((error: unknown) => ({
    failure: messageOf(error),
  }));
  const installed = (await findUnpacked(options.toolsDir)) ?? (await findOnPath());
  if (installed) return installed;
  const reason = attempt?.failure === undefined ? '' : ` (${attempt.failure})`;
  throw new StartError(
    `No Redis was found and none could be downloaded${reason}. Install redis-server or ` +
      `valkey-server ${OLDEST.major}.${OLDEST.minor} or newer (for instance: apt-get install redis-server, ` +
      'brew install redis), or set REDIS_URL to a running one.',
  );
}
