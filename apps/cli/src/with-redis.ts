import type { Logger } from '@nexmdm/service';
import { closeRedis, openRedis, type StreamRedis } from '@nexmdm/stream';
import { UnreachableError } from './command-error.ts';
import { explainError } from './explain-error.ts';
import { REDIS_PORT, serverAddress } from './server-address.ts';

export interface RedisUse {
  url: string;
  name: string;
  logger: Logger;
}

/**
 * Runs something with a Redis that answers, and closes the connection whatever comes.
 *
 * @throws UnreachableError when it doesn't answer
 */
export async function withRedis<T>(
  options: RedisUse,
  use: (redis: StreamRedis) => Promise<T>,
): Promise<T> {
  const redis = openRedis(options);
  try {
    await connect(redis, options.url);
    return await use(redis);
  } finally {
    closeRedis(redis);
  }
}

async function connect(redis: StreamRedis, url: string): Promise<void> {
  // The event says why; the rejected promise says only that the connection is closed.
  let reason: unknown;
  redis.once('error', (error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    const cause = reason ?? error;
    throw new UnreachableError(
      `Redis at ${serverAddress(url, REDIS_PORT)} can't be used: ${explainError(cause)}`,
      'Start it, or set REDIS_URL to where it is.',
      { cause },
    );
  }
}
