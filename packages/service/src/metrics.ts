import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Milliseconds; resolves the targets of 20 ms for reads and 150 and 300 ms for heartbeats. */
export const LATENCY_BUCKETS_MS = [
  1, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2500, 5000, 10_000,
];

/** A process's metrics with Node's and the process's own; never the library's global registry. */
export function createMetricsRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** A gauge whose value is read when it is scraped. */
export function exposeGauge(
  registry: Registry,
  gauge: { name: string; help: string; read: () => number },
): void {
  registry.registerMetric(
    new Gauge({
      name: gauge.name,
      help: gauge.help,
      registers: [],
      collect() {
        this.set(gauge.read());
      },
    }),
  );
}

export interface HttpMetrics {
  observe(route: string, method: string, status: number, milliseconds: number): void;
}

export function createHttpMetrics(registry: Registry): HttpMetrics {
  const labelNames = ['route', 'method', 'status'] as const;
  const latency = new Histogram({
    name: 'http_request_latency_ms',
    help: 'Time from the arrival of a request to the end of its answer, in milliseconds',
    labelNames,
    buckets: LATENCY_BUCKETS_MS,
    registers: [registry],
  });
  const total = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered',
    labelNames,
    registers: [registry],
  });
  return {
    observe(route, method, status, milliseconds) {
      const labels = { route, method, status: String(status) };
      latency.observe(labels, milliseconds);
      total.inc(labels);
    },
  };
}

export { Counter, Gauge, Histogram, Registry };
