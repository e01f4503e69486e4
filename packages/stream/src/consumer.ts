import type { HeartbeatRecord } from '@nexmdm/contracts';
import { MAX_ENTRY_HEARTBEATS, readRecords, type Undecodable } from './codec.ts';
import { WRITERS, type ShardKeys } from './keys.ts';
import type { RawEntry, StreamRedis } from './scripts.ts';

/** An entry to be stored: its heartbeats, and what of it can't be read. */
export interface StreamEntry {
  id: string;
  /** How many heartbeats it counts for. */
  count: number;
  records: HeartbeatRecord[];
  undecodable: Undecodable[];
}

export interface ConsumerOptions {
  /** For commands that answer at once. */
  redis: StreamRedis;
  /** For reads that wait; used by this consumer alone. */
  blockingRedis: StreamRedis;
  keys: ShardKeys;
  /** Unlike that of any other consumer, ever: a new process doesn't take an old one's place. */
  name: string;
}

/** A consumer that hasn't renewed its lease for this long counts as dead. */
const LEASE_MS = 10_000;
export const RENEW_LEASE_MS = 3_000;

/**
 * Reads one shard in the group of writers. An entry that was read stays this consumer's until it is
 * acknowledged; when the consumer dies, another takes it over.
 */
export class ShardConsumer {
  readonly keys: ShardKeys;
  readonly #redis: StreamRedis;
  readonly #blockingRedis: StreamRedis;
  readonly #name: string;
  readonly #inHand = new Set<string>();
  /** Redis may have handed over entries that never arrived here. */
  #mayHaveMissed = false;

  constructor(options: ConsumerOptions) {
    this.keys = options.keys;
    this.#redis = options.redis;
    this.#blockingRedis = options.blockingRedis;
    this.#name = options.name;
  }

  /**
   * Reads up to `count` entries, waiting up to `blockMs` for the first.
   *
   * @throws a Redis error; the next read then also finds what got lost on the way
   */
  async read(count: number, blockMs: number): Promise<StreamEntry[]> {
    try {
      if (this.#mayHaveMissed) {
        const missed = await this.#readOwnPending();
        this.#mayHaveMissed = false;
        if (missed.length > 0) return missed;
      }
      return this.#take(await this.#readGroup('>', count, blockMs));
    } catch (error) {
      this.#mayHaveMissed = true;
      throw error;
    }
  }

  /**
   * Takes over entries of consumers that died.
   *
   * @throws a Redis error, as `read` does
   */
  async reclaim(count: number): Promise<StreamEntry[]> {
    const { stream, leases } = this.keys;
    try {
      return this.#take(await this.#redis.hbReclaim(stream, leases, WRITERS, this.#name, count));
    } catch (error) {
      // They may be this consumer's by now, and only their way here was cut.
      this.#mayHaveMissed = true;
      throw error;
    }
  }

  /** Says that these entries are stored. Saying it twice does no harm. */
  async acknowledge(entries: readonly StreamEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const { stream, counts } = this.keys;
    const idsAndCounts = entries.flatMap(({ id, count }) => [id, count]);
    await this.#redis.hbAck(stream, counts, WRITERS, ...idsAndCounts);
    for (const { id } of entries) this.#inHand.delete(id);
  }

  async renewLease(): Promise<void> {
    await this.#redis.hbLease(this.keys.leases, this.#name, LEASE_MS);
  }

  /** Gives up the place in the group: what is still in hand can be taken over at once. */
  async release(): Promise<void> {
    await this.#redis.hbRelease(this.keys.stream, this.keys.leases, WRITERS, this.#name);
  }

  async #readOwnPending(): Promise<StreamEntry[]> {
    const missed: RawEntry[] = [];
    let after = '0';
    for (;;) {
      const page = await this.#readGroup(after, 100, 0);
      const last = page.at(-1);
      if (last === undefined) return this.#take(missed);
      missed.push(...page.filter(([id]) => !this.#inHand.has(id)));
      after = last[0];
    }
  }

  async #readGroup(from: string, count: number, blockMs: number): Promise<RawEntry[]> {
    const block = blockMs > 0 ? ['BLOCK', blockMs] : [];
    const reply = (await this.#blockingRedis.call(
      'XREADGROUP',
      'GROUP',
      WRITERS,
      this.#name,
      'COUNT',
      count,
      ...block,
      'STREAMS',
      this.keys.stream,
      from,
    )) as [stream: string, entries: RawEntry[]][] | string[] | null;
    return entriesOf(reply);
  }

  #take(raw: readonly RawEntry[]): StreamEntry[] {
    return raw.map((entry) => {
      this.#inHand.add(entry[0]);
      return decodeEntry(entry);
    });
  }
}

/** RESP2 answers with [[stream, entries]], RESP3 with a map that arrives flat: [stream, entries]. */
function entriesOf(reply: readonly unknown[] | null): RawEntry[] {
  if (reply === null || reply.length === 0) return [];
  const [first, second] = reply;
  return (Array.isArray(first) ? first[1] : second) as RawEntry[];
}

export function decodeEntry([id, fields]: RawEntry): StreamEntry {
  const values = new Map<string, string>();
  for (let index = 0; index + 1 < (fields?.length ?? 0); index += 2) {
    values.set(String(fields?.[index]), String(fields?.[index + 1]));
  }
  const { records, undecodable } = readRecords(values.get('v') ?? '', values.get('d') ?? '');
  // What it says of itself counts only where its content doesn't.
  const count =
    records.length > 0 ? records.length + undecodable.length : declaredCount(values.get('n'));
  return { id, count, records, undecodable };
}

function declaredCount(text: string | undefined): number {
  const declared = Number(text);
  return Number.isSafeInteger(declared) ? Math.min(Math.max(declared, 0), MAX_ENTRY_HEARTBEATS) : 0;
}
