import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { HeartbeatRecord } from '@nexmdm/contracts';
import {
  addDeadLetter,
  closeRedis,
  countDeadLetters,
  ensureGroups,
  listDeadLetters,
  openRedis,
  readBacklog,
  type StreamRedis,
} from '@nexmdm/stream';
import { testRedisUrl } from '@nexmdm/testing';
import { nexmdm } from './cli-process.ts';

const url = testRedisUrl(3);
const env = { REDIS_URL: url };
const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet, close: async () => {} };
let redis: StreamRedis;

beforeAll(async () => {
  redis = openRedis({ url, name: 'test', logger });
  await redis.connect();
});

afterAll(() => {
  closeRedis(redis);
});

beforeEach(async () => {
  await redis.flushdb();
  await ensureGroups(redis, 4);
});

/** Only what the streams look at; no writer runs here. */
const record = {
  device_id: '6f1c2f0e-5d0b-4c55-9f0e-3a3f1e1f9a10',
  received_at: 1_795_426_867_512,
  event_at: 1_795_426_867_000,
  status: 'ok',
  facts: {},
} as HeartbeatRecord;

async function addLetters(): Promise<{ good: string; bad: string }> {
  const origin = { shard: 1, entryId: '5-0' };
  const content = { record };
  await addDeadLetter(redis, {
    ...origin,
    reason: 'refused_by_database',
    detail: '22003',
    content,
  });
  const payload = { payload: 'not\u001B[2Jjson' };
  await addDeadLetter(redis, {
    ...origin,
    reason: 'undecodable',
    detail: 'bad\u001B[2J',
    content: payload,
  });
  const [good, bad] = await listDeadLetters(redis, 2);
  return { good: good?.id ?? '', bad: bad?.id ?? '' };
}

async function waiting(): Promise<number> {
  const shards = await readBacklog(redis, 4);
  return shards.reduce((sum, { heartbeats }) => sum + heartbeats, 0);
}

describe('dead list', () => {
  test('shows them, and keeps the terminal from what they hold', async () => {
    const { good, bad } = await addLetters();
    const { code, stdout, stderr } = await nexmdm(['dead', 'list'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${good} .*refused_by_database .*22003`));
    expect(stdout).toContain(bad);
    expect(stdout).not.toContain('\u001B');
    expect(stderr).toBe('2 of 2 dead letters\n');

    const json = await nexmdm(['dead', 'list', '--json', '--limit', '1'], env);
    const answer = JSON.parse(json.stdout) as { dead_letters: { id: string }[]; total: number };
    expect(answer.total).toBe(2);
    expect(answer.dead_letters.map(({ id }) => id)).toEqual([good]);
  });

  test('says that there are none', async () => {
    const { code, stderr } = await nexmdm(['dead', 'list'], env);
    expect([code, stderr]).toEqual([0, 'There are no dead letters.\n']);
  });
});

describe('dead replay', () => {
  test('a dry run tells the same and changes nothing', async () => {
    const { good, bad } = await addLetters();
    const { code, stdout, stderr } = await nexmdm(['dead', 'replay', '--all', '--dry-run'], env);
    expect(code).toBe(1);
    expect(stdout).toContain(`${good}  1 heartbeat would be put back`);
    expect(stdout).toContain(`${bad}  failed, stays: the entry is not JSON`);
    expect(stderr).toBe('1 of 2 can be replayed; nothing was changed\n');
    expect(await countDeadLetters(redis)).toBe(2);
    expect(await waiting()).toBe(0);
  });

  test('puts back what can be read; the rest stays', async () => {
    const { bad } = await addLetters();
    const { code, stderr } = await nexmdm(['dead', 'replay', '--all'], env);
    expect([code, stderr]).toEqual([1, '1 of 2 replayed\n']);
    expect((await listDeadLetters(redis, 9)).map(({ id }) => id)).toEqual([bad]);
    expect(await waiting()).toBe(1);
  });

  test('takes those that are named', async () => {
    const { good } = await addLetters();
    const { code, stdout } = await nexmdm(['dead', 'replay', good, '--json'], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      dry_run: false,
      results: [{ id: good, heartbeats: 1 }],
      failed: 0,
    });
    const again = await nexmdm(['dead', 'replay', good], env);
    expect(again.code).toBe(1);
    expect(again.stdout).toContain('there is no dead letter with this id');
  });

  test('wants to be told which', async () => {
    for (const args of [[], ['1-1', '--all'], ['abc']]) {
      const { code, stderr } = await nexmdm(['dead', 'replay', ...args], env);
      expect(code).toBe(1);
      expect(stderr).toContain('nexmdm dead list');
    }
  });
});
