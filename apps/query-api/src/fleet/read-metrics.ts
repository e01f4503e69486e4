import { Counter, Histogram, LATENCY_BUCKETS_MS, type Registry } from '@nexmdm/service';
import { QUERY_NAMES, type QueryName } from './question.ts';

export type ReadPath = 'fast' | 'legacy';

export interface ReadMetrics {
  /** How long a read took in the database. */
  observe(path: ReadPath, query: QueryName, milliseconds: number): void;
  countComparison(query: QueryName, match: boolean): void;
}

export function createReadMetrics(registry: Registry): ReadMetrics {
  const lastStatus = new Histogram({
    name: 'last_status_read_latency_ms',
    help: 'Time of a read of the last status in the database, in milliseconds',
    labelNames: ['query'],
    buckets: LATENCY_BUCKETS_MS,
    registers: [registry],
  });
  const histogram = (path: ReadPath, query: QueryName) =>
    new Histogram({
      name: `query_latency_${path}_${query}_ms`,
      help: `Time of ${query} the ${path} way in the database, in milliseconds`,
      buckets: [...LATENCY_BUCKETS_MS, 30_000, 60_000],
      registers: [registry],
    });
  const byPath = (path: ReadPath) =>
    Object.fromEntries(QUERY_NAMES.map((query) => [query, histogram(path, query)])) as Record<
      QueryName,
      Histogram
    >;
  const latency = { fast: byPath('fast'), legacy: byPath('legacy') };
  const comparisons = new Counter({
    name: 'perf_diff_comparisons_total',
    help: 'Comparisons of the fast and the legacy way of reading, by whether they agreed',
    labelNames: ['query', 'match'],
    registers: [registry],
  });
  return {
    observe(path, query, milliseconds) {
      latency[path][query].observe(milliseconds);
      if (path === 'fast') lastStatus.observe({ query }, milliseconds);
    },
    countComparison(query, match) {
      comparisons.inc({ query, match: String(match) });
    },
  };
}
