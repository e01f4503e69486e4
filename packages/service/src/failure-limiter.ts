import { LRUCache } from 'lru-cache';

export interface FailureLimiterOptions {
  /** Failures an address may have in a window before it is told to wait. */
  maxFailures: number;
  windowMs: number;
  /** The most addresses remembered; beyond it the one unseen for longest is forgotten. */
  maxAddresses: number;
}

/**
 * Counts an address's failures in a window. It is asked only after a credential was found wrong, so
 * that a good device behind the same address is never locked out.
 */
export class FailureLimiter {
  readonly #windows: LRUCache<string, { failures: number; endsAt: number }>;
  readonly #maxFailures: number;
  readonly #windowMs: number;

  constructor(options: FailureLimiterOptions) {
    this.#windows = new LRUCache({ max: options.maxAddresses });
    this.#maxFailures = options.maxFailures;
    this.#windowMs = options.windowMs;
  }

  /** Counts a failure. Returns the seconds to wait once there were too many, else 0. */
  recordFailure(address: string, now = Date.now()): number {
    const key = limitedPart(address);
    const known = this.#windows.get(key);
    const window =
      known === undefined || known.endsAt <= now
        ? { failures: 0, endsAt: now + this.#windowMs }
        : known;
    window.failures += 1;
    this.#windows.set(key, window);
    return window.failures > this.#maxFailures ? Math.ceil((window.endsAt - now) / 1000) : 0;
  }
}

/** One IPv6 customer holds a /64, so that is what counts as an address there. */
function limitedPart(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [left = '', right] = address.split('::');
  const groups = left === '' ? [] : left.split(':');
  // `::` stands for as many zeros as are missing to eight groups.
  if (right !== undefined) {
    const after = right === '' ? [] : right.split(':');
    groups.push(
      ...Array<string>(Math.max(0, 8 - groups.length - after.length)).fill('0'),
      ...after,
    );
  }
  return groups.slice(0, 4).join(':');
}
