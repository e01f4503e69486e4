import type { Redis } from 'ioredis';
import type { HeartbeatRecord } from '@nexmdm/contracts';
import { CODEC_VERSION, decodeRecords, encodeRecord, joinRecords } from './codec.ts';
import { DEAD_KEY } from './keys.ts';
import type { StreamProducer } from './producer.ts';
import { HB_DEAD, type RawEntry } from './scripts.ts';

/** Few values: it is a metric's label. */
export type DeadLetterReason = 'undecodable' | 'refused_by_database';

export interface DeadLetter {
  id: string;
  reason: string;
  /** What exactly was wrong. */
  detail: string;
  /** Where it came from: shard and entry. */
  shard: number;
  entryId: string;
  version: string;
  payload: string;
}

export interface NewDeadLetter {
  reason: DeadLetterReason;
  detail: string;
  shard: number;
  entryId: string;
  /** The entry as it was, or the one heartbeat of it that is to blame. */
  content: { payload: string; version?: string } | { record: HeartbeatRecord };
}

/** Keeps what can't be stored. Call it before the entry is acknowledged. */
export async function addDeadLetter(redis: Redis, letter: NewDeadLetter): Promise<void> {
  const { content } = letter;
  const { payload, version = CODEC_VERSION } =
    'record' in content ? { payload: joinRecords([encodeRecord(content.record)]) } : content;
  const fields = ['reason', letter.reason, 'detail', letter.detail, 'shard', letter.shard];
  const origin = ['entry', letter.entryId, 'v', version, 'd', payload];
  await redis.eval(HB_DEAD, 1, DEAD_KEY, ...fields, ...origin);
}

/** The oldest dead letters, at most `count`, after the one with the id `after`. */
export async function listDeadLetters(
  redis: Redis,
  count: number,
  after?: string,
): Promise<DeadLetter[]> {
  const from = after === undefined ? '-' : `(${after}`;
  const entries = (await redis.call('XRANGE', DEAD_KEY, from, '+', 'COUNT', count)) as RawEntry[];
  return entries.map(readDeadLetter);
}

export async function findDeadLetter(redis: Redis, id: string): Promise<DeadLetter | undefined> {
  const entries = (await redis.call('XRANGE', DEAD_KEY, id, id)) as RawEntry[];
  return entries.map(readDeadLetter)[0];
}

export async function countDeadLetters(redis: Redis): Promise<number> {
  return redis.xlen(DEAD_KEY);
}

/**
 * Puts a dead letter's heartbeats back into the streams and removes it. Interrupted between the
 * two it can be run again: storing a heartbeat twice changes nothing.
 *
 * @returns how many heartbeats that were
 * @throws UndecodableEntryError when it still can't be read; it stays
 */
export async function replayDeadLetter(
  redis: Redis,
  producer: StreamProducer,
  letter: DeadLetter,
): Promise<number> {
  const records = decodeRecords(letter.version, letter.payload);
  await producer.append(records);
  await redis.xdel(DEAD_KEY, letter.id);
  return records.length;
}

function readDeadLetter([id, fields]: RawEntry): DeadLetter {
  const values = new Map<string, string>();
  for (let index = 0; index + 1 < (fields?.length ?? 0); index += 2) {
    values.set(String(fields?.[index]), String(fields?.[index + 1]));
  }
  const field = (name: string) => values.get(name) ?? '';
  return {
    id,
    reason: field('reason'),
    detail: field('detail'),
    shard: Number(field('shard')),
    entryId: field('entry'),
    version: field('v'),
    payload: field('d'),
  };
}
