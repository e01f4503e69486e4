/** A heartbeat that was taken and not yet accepted. */
export interface QueuedHeartbeat {
  body: string;
  /** By the device's clock, in milliseconds since the epoch. */
  takenAt: number;
  /** On the simulation's clock, when it was to be sent; null when its device had to wait on purpose. */
  dueAt: number | null;
}

/** Heartbeats that an agent gives up by its own rules; none is given up without being counted. */
export interface QueueLosses {
  /** Another heartbeat of the same ten seconds took its place. */
  coalesced: number;
  /** The queue was full and it was the oldest. */
  overflowed: number;
  /** It was older than a day. */
  expired: number;
}

const MAX_HEARTBEATS = 500;
const COALESCE_MS = 10_000;
const MAX_AGE_MS = 24 * 3_600_000;

/** What an agent keeps while it can't send: at most 500 heartbeats of the last day, one per 10 s, in order. */
export class HeartbeatQueue {
  readonly losses: QueueLosses = { coalesced: 0, overflowed: 0, expired: 0 };
  #items: QueuedHeartbeat[] = [];

  get length(): number {
    return this.#items.length;
  }

  add(heartbeat: QueuedHeartbeat): void {
    const last = this.#items.at(-1);
    if (last && slotOf(last) === slotOf(heartbeat)) {
      this.#items[this.#items.length - 1] = heartbeat;
      this.losses.coalesced += 1;
      return;
    }
    this.#items.push(heartbeat);
    this.#bound();
  }

  /** Takes out the oldest, at most `count`. Those older than a day, by the device's clock, are given up first. */
  take(count: number, now: number): QueuedHeartbeat[] {
    const before = this.#items.length;
    this.#items = this.#items.filter((item) => item.takenAt >= now - MAX_AGE_MS);
    this.losses.expired += before - this.#items.length;
    return this.#items.splice(0, count);
  }

  /** Puts back what was not accepted, where it was. */
  putBack(heartbeats: readonly QueuedHeartbeat[]): void {
    this.#items = [...heartbeats, ...this.#items].sort((a, b) => a.takenAt - b.takenAt);
    this.#bound();
  }

  /** What waits here now waits on purpose: its device can't send. */
  postpone(): void {
    for (const item of this.#items) item.dueAt = null;
  }

  #bound(): void {
    const excess = this.#items.length - MAX_HEARTBEATS;
    if (excess <= 0) return;
    this.#items.splice(0, excess);
    this.losses.overflowed += excess;
  }
}

function slotOf({ takenAt }: QueuedHeartbeat): number {
  return Math.floor(takenAt / COALESCE_MS);
}
