import { Histogram, LATENCY_BUCKETS_MS, type Registry } from '@nexmdm/service';

export interface QueryMetrics {
  /** Runs a read of history and observes how long it took. */
  timeRead<T>(query: string, read: () => Promise<T>): Promise<T>;
}

export function createQueryMetrics(registry: Registry): QueryMetrics {
  const latency = new Histogram({
    name: 'history_read_latency_ms',
    help: 'Time of a read of history in the database, in milliseconds',
    labelNames: ['query'],
    buckets: LATENCY_BUCKETS_MS,
    registers: [registry],
  });
  return {
    async timeRead(query, read) {
      const started = performance.now();
      try {
        return await read();
      } finally {
        latency.observe({ query }, performance.now() - started);
      }
    },
  };
}
