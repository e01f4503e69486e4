import { backoffMs, type Logger } from '@nexmdm/service';
import { Redis } from 'ioredis';
import { streamScripts, type StreamRedis } from './scripts.ts';

export interface RedisConnectionOptions {
  url: string;
  /** Shown by CLIENT LIST. */
  name: string;
  logger: Logger;
  /** A command that has no answer by then fails. */
  commandTimeoutMs?: number;
}

const COMMAND_TIMEOUT_MS = 3_000;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_BASE_MS = 50;
const RECONNECT_MAX_MS = 1_000;

/**
 * A connection that fails at once while Redis is away, instead of keeping commands for later, and
 * comes back by itself. It connects when it is told to (`connect()`).
 */
export function openRedis(options: RedisConnectionOptions): StreamRedis {
  const redis = new Redis(options.url, {
    lazyConnect: true,
    connectionName: options.name,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Who subscribes does it again by itself: nobody would catch what the library's attempt throws.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => backoffMs(attempt, RECONNECT_BASE_MS, RECONNECT_MAX_MS),
    scripts: streamScripts,
  }) as StreamRedis;
  logConnection(redis, options);
  return redis;
}

/** Says once that Redis is away and once that it is back, however many attempts lie between. */
function logConnection(redis: Redis, { name, logger }: RedisConnectionOptions): void {
  let away = false;
  redis.on('error', (error: Error) => {
    if (away) return;
    away = true;
    logger.warn('redis.unavailable', { connection: name, error: error.message });
  });
  redis.on('close', () => {
    if (away) return;
    away = true;
    logger.warn('redis.unavailable', { connection: name, error: 'the connection was closed' });
  });
  redis.on('ready', () => {
    logger.info('redis.connected', { connection: name });
    away = false;
  });
}

/** Starts connecting; resolves when connected or when the first attempt failed, and goes on trying. */
export async function startConnecting(redis: Redis): Promise<void> {
  await redis.connect().catch(() => undefined);
}

/** Closes a connection; one that is away already is let go. */
export function closeRedis(redis: Redis): void {
  redis.removeAllListeners('close');
  redis.disconnect();
}
