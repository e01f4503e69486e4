import type { QueryName } from '../fleet/question.ts';
import type { Difference } from './differences.ts';
import { LatencySamples, round, type Percentiles } from './samples.ts';

/** A comparison of which something is worth showing. */
export interface Mismatch {
  at: Date;
  /** The fields that differ, each once. */
  differing: string[];
  /** The first of the values that differ. */
  examples: Difference[];
}

export interface ComparisonSummary {
  query: QueryName;
  comparisons: number;
  matches: number;
  mismatches: number;
  /** Comparisons that could not be made: the database was away, or the legacy read took too long. */
  errors: number;
  /** Requests that were not compared because enough comparisons were under way. */
  skipped: number;
  fast: Percentiles;
  legacy: Percentiles;
  /** Median of legacy to median of fast; null while there is none. */
  speedup: number | null;
  latest_mismatches: Mismatch[];
}

const MISMATCHES_KEPT = 10;
const EXAMPLES_KEPT = 10;

/** What came out of the comparisons of one query since the process started. */
export class Comparisons {
  readonly #query: QueryName;
  readonly #fast = new LatencySamples();
  readonly #legacy = new LatencySamples();
  readonly #mismatches: Mismatch[] = [];
  #comparisons = 0;
  #mismatched = 0;
  #errors = 0;
  #skipped = 0;

  constructor(query: QueryName) {
    this.#query = query;
  }

  /** Returns the fields that differ, each once. */
  record(fastMs: number, legacyMs: number, differences: readonly Difference[]): string[] {
    this.#comparisons += 1;
    this.#fast.add(fastMs);
    this.#legacy.add(legacyMs);
    const differing = [...new Set(differences.map(({ field }) => field))];
    if (differing.length > 0) {
      this.#mismatched += 1;
      const examples = differences.slice(0, EXAMPLES_KEPT);
      this.#mismatches.unshift({ at: new Date(), differing, examples });
      this.#mismatches.splice(MISMATCHES_KEPT);
    }
    return differing;
  }

  recordError(): void {
    this.#errors += 1;
  }

  recordSkipped(): void {
    this.#skipped += 1;
  }

  summary(): ComparisonSummary {
    const [fast, legacy] = [this.#fast.percentiles(), this.#legacy.percentiles()];
    return {
      query: this.#query,
      comparisons: this.#comparisons,
      matches: this.#comparisons - this.#mismatched,
      mismatches: this.#mismatched,
      errors: this.#errors,
      skipped: this.#skipped,
      fast,
      legacy,
      speedup:
        fast.p50_ms === null || legacy.p50_ms === null || fast.p50_ms === 0
          ? null
          : round(legacy.p50_ms / fast.p50_ms),
      latest_mismatches: [...this.#mismatches],
    };
  }
}
