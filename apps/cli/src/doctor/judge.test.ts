import { describe, expect, test } from '@jest/globals';
import type { FlagView } from '@nexmdm/contracts';
import type { DatabaseServerState } from '@nexmdm/db';
import type { RedisServerState } from '@nexmdm/stream';
import { judgeServer as judgeDatabase } from './check-database.ts';
import { judgeFlags } from './check-flags.ts';
import { checkNode } from './check-machine.ts';
import { judgeBacklog, judgeServer as judgeRedis } from './check-redis.ts';
import { checkClock } from './clock.ts';
import { runCheck, type Finding } from './finding.ts';

/** The checks that aren't well, as `check level`. */
const unwell = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => `${check} ${level}`);

const DATABASE: DatabaseServerState = {
  version: '18.4',
  versionNumber: 180_004,
  clock: 0,
  readOnly: false,
  maxConnections: 100,
  usedConnections: 10,
  synchronousCommit: 'on',
  fsync: true,
  fullPageWrites: true,
};

const REDIS: RedisServerState = {
  version: '7.0.15',
  evictionPolicy: 'noeviction',
  appendOnly: true,
  lastWriteOk: true,
  usedMemoryBytes: 10,
  maxMemoryBytes: 100,
};

describe('what PostgreSQL says of itself', () => {
  test.each<[string, Partial<DatabaseServerState>, string[]]>([
    ['is well', {}, []],
    ['is too old', { versionNumber: 130_011 }, ['version fail']],
    ['is a replica', { readOnly: true }, ['version fail']],
    ['may lose commits', { synchronousCommit: 'off' }, ['durability warn']],
    ['may lose everything', { fsync: false }, ['durability warn']],
    ['waits for more than itself', { synchronousCommit: 'remote_apply' }, []],
    ['is nearly full', { usedConnections: 85 }, ['connections warn']],
    ['is full', { usedConnections: 97 }, ['connections fail']],
  ])('%s', (_what, state, expected) => {
    expect(unwell(judgeDatabase({ ...DATABASE, ...state }))).toEqual(expected);
  });

  test('what is wrong comes with what mends it', () => {
    const [, durability] = judgeDatabase({ ...DATABASE, fsync: false, synchronousCommit: 'off' });
    expect(durability?.mend).toContain('ALTER SYSTEM SET fsync = on;');
    expect(durability?.mend).toContain('ALTER SYSTEM SET synchronous_commit = on;');
  });
});

describe('what Redis says of itself', () => {
  test.each<[string, Partial<RedisServerState>, string[]]>([
    ['is well', {}, []],
    ['is too old', { version: '6.0.16' }, ['version fail']],
    ['is old enough', { version: '6.2.0' }, []],
    ['throws data away', { evictionPolicy: 'allkeys-lru' }, ['maxmemory-policy fail']],
    ['forgets', { appendOnly: false }, ['appendonly fail']],
    ['has a full disk', { lastWriteOk: false }, ['appendonly fail']],
    ['has no limit', { maxMemoryBytes: 0 }, ['memory warn']],
    ['fills up', { usedMemoryBytes: 80 }, ['memory warn']],
    ['is full', { usedMemoryBytes: 95 }, ['memory fail']],
  ])('%s', (_what, state, expected) => {
    expect(unwell(judgeRedis({ ...REDIS, ...state }))).toEqual(expected);
  });

  test('a backlog is judged by its age, not by its size', () => {
    const backlog = (heartbeats: number, oldestMs: number) =>
      judgeBacklog([
        { shard: 0, heartbeats, oldestMs },
        { shard: 1, heartbeats: 0, oldestMs: 0 },
      ]).level;
    expect(backlog(100_000, 500)).toBe('ok');
    expect(backlog(1, 31_000)).toBe('warn');
    expect(backlog(1, 301_000)).toBe('fail');
  });
});

describe('what query-api says of its flags', () => {
  const reads: FlagView = {
    name: 'read-from-last-status',
    enabled: true,
    default: true,
    source: 'environment',
    changed_by: null,
    changed_at: null,
    description: '',
  };
  const comparison: FlagView = { ...reads, name: 'perf-diff', enabled: false, default: false };
  const set = {
    source: 'stored',
    changed_by: 'ann@ops',
    changed_at: '2026-01-02T03:04:05Z',
  } as const;

  test('reads from the last status are well', () => {
    expect(judgeFlags([reads, comparison])).toMatchObject([{ level: 'ok' }]);
  });

  test('legacy reads are said, with since when, by whom and the way back', () => {
    const [finding] = judgeFlags([{ ...reads, ...set, enabled: false }]);
    expect(finding).toMatchObject({
      level: 'warn',
      detail: expect.stringContaining('off since 2026-01-02T03:04:05Z, set by ann@ops'),
      mend: expect.stringContaining('flags set read-from-last-status default'),
    });
  });

  test('legacy reads by a setting are said so', () => {
    const [finding] = judgeFlags([{ ...reads, default: false, enabled: false }]);
    expect(finding).toMatchObject({
      level: 'warn',
      detail: expect.stringContaining('by the setting of query-api'),
      mend: expect.stringContaining('READ_FROM_LAST_STATUS=true'),
    });
  });

  test('a comparison that runs is noted', () => {
    const [, finding] = judgeFlags([reads, { ...comparison, ...set, enabled: true }]);
    expect(finding).toMatchObject({ level: 'ok', detail: expect.stringContaining('by ann@ops') });
  });
});

test('clocks that differ are said, with which is ahead', async () => {
  const at = (offsetMs: number) => checkClock('redis', async () => Date.now() + offsetMs);
  expect((await at(1_000)).level).toBe('ok');
  expect(await at(60_000)).toMatchObject({
    level: 'warn',
    detail: expect.stringContaining('ahead'),
  });
  expect(await at(-60_000)).toMatchObject({
    level: 'warn',
    detail: expect.stringContaining('behind'),
  });
});

test('a Node.js that is too old is said', () => {
  expect(checkNode('24.9.0').level).toBe('ok');
  expect(checkNode('20.19.0').level).toBe('fail');
});

test('a check that never ends is a failure of that check', async () => {
  const never = new Promise<Finding[]>(() => {});
  const [finding] = await runCheck('redis', 'reachable', 'start it', () => never, 10);
  expect(finding).toMatchObject({ level: 'fail', mend: 'start it' });
});
