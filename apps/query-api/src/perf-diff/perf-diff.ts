import { codeOf, type Logger } from '@nexmdm/service';
import type { TimedRead } from '../fleet/fleet-reader.ts';
import { QUERY_NAMES, type QueryName, type Question } from '../fleet/question.ts';
import type { ReadMetrics } from '../fleet/read-metrics.ts';
import { Comparisons, type ComparisonSummary } from './comparisons.ts';
import { differencesOf, type BothWays } from './differences.ts';
import { round } from './samples.ts';

export interface PerfDiffOptions {
  isEnabled: () => boolean;
  /** The share of requests that are compared, 0 to 1. */
  sample: number;
  /** The most comparisons at once; each reads in the legacy way. */
  maxRunning: number;
  /** Runs reads that all see one snapshot of the database. */
  inSnapshot: <T>(read: (both: BothWays) => Promise<T>) => Promise<T>;
  metrics: ReadMetrics;
  logger: Logger;
}

export interface PerfDiffState {
  enabled: boolean;
  sample: number;
  /** Comparisons under way, and how many there may be. */
  running: number;
  max_running: number;
  /** When the process began to count. */
  since: Date;
  queries: ComparisonSummary[];
}

/**
 * Asks a sample of questions in both ways and compares the answers. Whoever asked has long been
 * answered: a comparison is made afterwards, on connections of its own, and when enough are under
 * way it is left out.
 */
export class PerfDiff {
  readonly #options: PerfDiffOptions;
  readonly #since = new Date();
  readonly #comparisons = Object.fromEntries(
    QUERY_NAMES.map((name) => [name, new Comparisons(name)]),
  ) as Record<QueryName, Comparisons>;
  #running = 0;

  constructor(options: PerfDiffOptions) {
    this.#options = options;
  }

  /**
   * Returns at once and throws nothing.
   *
   * @param read how the caller was answered
   */
  consider<T>(question: Question<T>, read: TimedRead): void {
    const { isEnabled, sample, maxRunning } = this.#options;
    if (!isEnabled() || Math.random() >= sample) return;
    if (this.#running >= maxRunning) {
      this.#comparisons[question.name].recordSkipped();
      return;
    }
    this.#running += 1;
    void this.#compare(question, read).finally(() => {
      this.#running -= 1;
    });
  }

  state(): PerfDiffState {
    const { isEnabled, sample, maxRunning } = this.#options;
    return {
      enabled: isEnabled(),
      sample,
      running: this.#running,
      max_running: maxRunning,
      since: this.#since,
      queries: QUERY_NAMES.map((name) => this.#comparisons[name].summary()),
    };
  }

  async #compare<T>(question: Question<T>, read: TimedRead): Promise<void> {
    const { inSnapshot, metrics, logger } = this.#options;
    const comparisons = this.#comparisons[question.name];
    try {
      const { fast, legacy, differences } = await inSnapshot(async (both) => {
        const fast = await timed(() => question.ask(both.fast));
        const legacy = await timed(() => question.ask(both.legacy));
        const differences = await differencesOf(question, fast.answer, legacy.answer, both);
        return { fast, legacy, differences };
      });
      metrics.observe('fast', question.name, fast.ms);
      metrics.observe('legacy', question.name, legacy.ms);
      const legacyMs = legacy.ms;
      const fastMs = callersTime(question.name, read) ?? fast.ms;
      const differing = comparisons.record(fastMs, legacyMs, differences);
      const match = differing.length === 0;
      metrics.countComparison(question.name, match);
      logger[match ? 'info' : 'warn']('perf_diff.query_comparison', {
        query_name: question.name,
        legacy_ms: round(legacyMs),
        fast_ms: round(fastMs),
        speedup: round(legacyMs / fastMs),
        match,
        differing,
      });
    } catch (error) {
      comparisons.recordError();
      logger.warn('perf_diff.failed', {
        query_name: question.name,
        code: codeOf(error) ?? 'unknown',
        error,
      });
    }
  }
}

/**
 * How long the fast way took is best seen by the caller's own read: the comparison's connection, used
 * now and then, knows nothing yet. The fleet's numbers may be remembered ones.
 */
function callersTime(query: QueryName, { path, milliseconds }: TimedRead): number | undefined {
  return path === 'fast' && query !== 'fleet_counts' ? milliseconds : undefined;
}

async function timed<T>(run: () => Promise<T>): Promise<{ answer: T; ms: number }> {
  const started = performance.now();
  const answer = await run();
  return { answer, ms: performance.now() - started };
}
