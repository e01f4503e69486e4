import type { Logger } from '@nexmdm/service';
import type { Redis } from 'ioredis';

export interface RedisServerState {
  version: string;
  /** Must be `noeviction`: any other policy lets Redis throw away what was acknowledged. */
  evictionPolicy: string;
  /** Whether Redis keeps an append-only file, without which a restart loses the streams. */
  appendOnly: boolean;
  /** Whether the last write into that file went through; a full disk is why it may not. */
  lastWriteOk: boolean;
  usedMemoryBytes: number;
  /** 0 for no limit. */
  maxMemoryBytes: number;
}

/** Reads it from INFO, which managed Redis allows where it doesn't allow CONFIG. */
export async function readServerState(redis: Redis): Promise<RedisServerState> {
  const [server, memory, persistence] = await Promise.all([
    redis.info('server'),
    redis.info('memory'),
    redis.info('persistence'),
  ]);
  return {
    version: field(server, 'redis_version'),
    evictionPolicy: field(memory, 'maxmemory_policy'),
    appendOnly: field(persistence, 'aof_enabled') === '1',
    lastWriteOk: field(persistence, 'aof_last_write_status') !== 'err',
    usedMemoryBytes: Number(field(memory, 'used_memory')),
    maxMemoryBytes: Number(field(memory, 'maxmemory')),
  };
}

/** @throws Error when Redis is away, may throw data away or can't write */
export async function assertSafeRedis(redis: Redis): Promise<void> {
  const { evictionPolicy, appendOnly, lastWriteOk } = await readServerState(redis);
  if (evictionPolicy !== 'noeviction') {
    throw new Error(
      `Redis may throw heartbeats away: its maxmemory-policy is ${evictionPolicy}, it must be noeviction`,
    );
  }
  if (appendOnly && !lastWriteOk) {
    throw new Error('Redis can’t write its append-only file; its disk may be full');
  }
}

/** Says it in the log, each time the connection is made, when a restart of Redis would lose the streams. */
export function warnWithoutLog(redis: Redis, logger: Logger): void {
  redis.on('ready', () => {
    void readServerState(redis).then(
      ({ appendOnly }) => {
        if (appendOnly) return;
        logger.error('redis.append_only_off', {
          detail:
            'Redis keeps no append-only file, so heartbeats that it acknowledged are lost when it restarts; set appendonly yes',
        });
      },
      // The connection broke again; the next one is looked at anew.
      () => undefined,
    );
  });
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}
