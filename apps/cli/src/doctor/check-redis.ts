import type { Logger } from '@nexmdm/service';
import {
  countDeadLetters,
  listMissingGroups,
  readBacklog,
  readServerState,
  type RedisServerState,
  type ShardBacklog,
  type StreamRedis,
} from '@nexmdm/stream';
import type { CliConfig } from '../config.ts';
import { REDIS_PORT, serverAddress } from '../server-address.ts';
import { withRedis } from '../with-redis.ts';
import { checkClock } from './clock.ts';
import { findingsOf, runCheck, SERVER_TIMEOUT_MS, type Finding } from './finding.ts';

const AREA = 'redis';
const { ok, warn, fail } = findingsOf(AREA);

const OLDEST_VERSION = [6, 2] as const;
/** Shares of maxmemory. */
const WARN_MEMORY = 0.7;
const FAIL_MEMORY = 0.9;
const WARN_OLDEST_MS = 30_000;
const FAIL_OLDEST_MS = 5 * 60_000;
const MIB = 2 ** 20;
const MIGRATE = 'run "npx --yes pnpm nexmdm migrate"';

export async function checkRedis(config: CliConfig, logger: Logger): Promise<Finding[]> {
  const { redisUrl: url, streamShards } = config;
  if (url === undefined) return [];
  const mend = 'start Redis, or correct REDIS_URL';
  const check = () =>
    withRedis({ url, name: 'nexmdm-doctor', logger }, async (redis) => {
      const checks = await Promise.all([
        runCheck(AREA, 'server', mend, async () => judgeServer(await readServerState(redis))),
        runCheck(AREA, 'clock', mend, async () => [
          await checkClock(AREA, () => readRedisClock(redis)),
        ]),
        runCheck(AREA, 'groups', MIGRATE, () => checkStreams(redis, streamShards)),
        runCheck(AREA, 'dead letters', mend, async () => [
          judgeDeadLetters(await countDeadLetters(redis)),
        ]),
      ]);
      return [ok('reachable', serverAddress(url, REDIS_PORT)), ...checks.flat()];
    });
  return runCheck(AREA, 'reachable', mend, check, SERVER_TIMEOUT_MS);
}

async function readRedisClock(redis: StreamRedis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}

/** The backlog can be read only where there are groups. */
async function checkStreams(redis: StreamRedis, shards: number): Promise<Finding[]> {
  const missing = await listMissingGroups(redis, shards);
  if (missing.length > 0) {
    const detail = `the group of writers is missing for shard ${missing.join(', ')}`;
    return [fail('groups', detail, MIGRATE)];
  }
  return [
    ok('groups', `there for each of ${shards} shards`),
    judgeBacklog(await readBacklog(redis, shards)),
  ];
}

/** What the server's own settings mean for what waits in it. */
export function judgeServer(state: RedisServerState): Finding[] {
  return [judgeVersion(state), judgeEviction(state), judgeAppendOnly(state), judgeMemory(state)];
}

function judgeVersion({ version }: RedisServerState): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_VERSION;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (!isOld) return ok('version', version);
  return fail(
    'version',
    `${version} is older than 6.2`,
    'upgrade Redis to 6.2 or newer, or use Valkey',
  );
}

function judgeEviction({ evictionPolicy }: RedisServerState): Finding {
  if (evictionPolicy === 'noeviction') return ok('maxmemory-policy', evictionPolicy);
  return fail(
    'maxmemory-policy',
    `${evictionPolicy}: Redis may throw acknowledged heartbeats away`,
    'redis-cli CONFIG SET maxmemory-policy noeviction, and set it in redis.conf',
  );
}

function judgeAppendOnly({ appendOnly, lastWriteOk }: RedisServerState): Finding {
  if (appendOnly && !lastWriteOk) {
    return fail(
      'appendonly',
      'the last write into the append-only file failed; heartbeats are refused',
      'make room on the disk that holds Redis’ data',
    );
  }
  if (appendOnly) return ok('appendonly', 'on');
  return fail(
    'appendonly',
    'off: a restart of Redis loses what is not stored yet',
    'redis-cli CONFIG SET appendonly yes, and set it in redis.conf',
  );
}

function judgeMemory({ usedMemoryBytes, maxMemoryBytes }: RedisServerState): Finding {
  const used = `${Math.round(usedMemoryBytes / MIB)} MiB`;
  if (maxMemoryBytes === 0) {
    return warn(
      'memory',
      `${used} used, no limit: the machine may run out of memory instead of Redis refusing`,
      'redis-cli CONFIG SET maxmemory <bytes>, and set it in redis.conf',
    );
  }
  const detail = `${used} of ${Math.round(maxMemoryBytes / MIB)} MiB used`;
  const mend = 'raise maxmemory, and see whether the writers keep up (backlog)';
  const share = usedMemoryBytes / maxMemoryBytes;
  if (share > FAIL_MEMORY) return fail('memory', detail, mend);
  return share > WARN_MEMORY ? warn('memory', detail, mend) : ok('memory', detail);
}

export function judgeBacklog(shards: readonly ShardBacklog[]): Finding {
  const heartbeats = shards.reduce((sum, shard) => sum + shard.heartbeats, 0);
  const oldestMs = Math.max(0, ...shards.map((shard) => shard.oldestMs));
  const detail = `${heartbeats} heartbeats wait, the oldest for ${(oldestMs / 1_000).toFixed(1)} s`;
  const mend = 'start the writer (or one more), and see its log and the PostgreSQL checks above';
  if (oldestMs > FAIL_OLDEST_MS) return fail('backlog', detail, mend);
  return oldestMs > WARN_OLDEST_MS ? warn('backlog', detail, mend) : ok('backlog', detail);
}

function judgeDeadLetters(count: number): Finding {
  if (count === 0) return ok('dead letters', 'none');
  return warn(
    'dead letters',
    `${count} entries could not be stored`,
    'see "npx --yes pnpm nexmdm dead list", then "npx --yes pnpm nexmdm dead replay --all"',
  );
}
