export interface Latencies {
  requests: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
}

/**
 * The latencies that half, 95 % and 99 % of the requests didn't exceed, in milliseconds to the
 * hundredth.
 *
 * @param milliseconds one a request, in any order; at least one
 */
export function summarise(milliseconds: readonly number[]): Latencies {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const quantile = (share: number) => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new RangeError('there is nothing to summarise');
    return Math.round(value * 100) / 100;
  };
  return {
    requests: sorted.length,
    p50_ms: quantile(0.5),
    p95_ms: quantile(0.95),
    p99_ms: quantile(0.99),
  };
}
