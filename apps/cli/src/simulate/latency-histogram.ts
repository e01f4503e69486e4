/** Steps of a power of two; 128 keep every value within 1 %. */
const STEPS = 128;
const STEP_BITS = 7;
const UNITS_PER_MS = 100;
const MAX_UNITS = 2 ** 31 - 1;
const BUCKETS = (31 - STEP_BITS + 1) * STEPS;

/**
 * Latencies in bounded memory (26 KB), however many there are: buckets that grow with the value, each
 * at most 1 % wide, from 0.01 ms to six hours.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(milliseconds: number): void {
    const units = Math.min(MAX_UNITS, Math.max(0, Math.round(milliseconds * UNITS_PER_MS)));
    const bucket = bucketOf(units);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, milliseconds);
  }

  /**
   * The latency that the given share of all (0 to 1) didn't exceed, at most 1 % too high.
   *
   * @returns null when nothing was recorded
   */
  quantile(share: number): number | null {
    if (this.#count === 0) return null;
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return Math.min(this.#maxMs, upperEdgeMs(bucket));
    }
    return this.#maxMs;
  }
}

/** Values below 128 have a bucket each; above, the seven bits after the leading one choose the step. */
function bucketOf(units: number): number {
  if (units < STEPS) return units;
  const shift = 31 - Math.clz32(units) - STEP_BITS;
  return (shift + 1) * STEPS + ((units >>> shift) - STEPS);
}

function upperEdgeMs(bucket: number): number {
  if (bucket < STEPS) return bucket / UNITS_PER_MS;
  const shift = Math.floor(bucket / STEPS) - 1;
  const lowest = ((bucket % STEPS) + STEPS) * 2 ** shift;
  return (lowest + 2 ** shift - 1) / UNITS_PER_MS;
}
