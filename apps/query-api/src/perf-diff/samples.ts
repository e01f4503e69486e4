/** Of how many comparisons the latencies are kept. */
const KEPT = 1_000;

/** Percentiles of the latest values, in milliseconds; null while there are none. */
export interface Percentiles {
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

/** The latest latencies of one way of reading. */
export class LatencySamples {
  readonly #values: number[] = [];
  #next = 0;

  add(milliseconds: number): void {
    this.#values[this.#next] = milliseconds;
    this.#next = (this.#next + 1) % KEPT;
  }

  percentiles(): Percentiles {
    const sorted = this.#values.toSorted((a, b) => a - b);
    const at = (share: number): number | null => {
      const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
      return value === undefined ? null : round(value);
    };
    return { p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) };
  }
}

/** To a thousandth of a millisecond. */
export function round(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
