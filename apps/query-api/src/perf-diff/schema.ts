import { timeSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { QUERY_NAMES } from '../fleet/question.ts';

const count = z.int().min(0);
const percentiles = z.strictObject({
  p50_ms: z.number().nullable(),
  p95_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
});

const mismatch = z.strictObject({
  at: timeSchema,
  differing: z.array(z.string()).describe('the fields that differ'),
  examples: z.array(
    z.strictObject({
      device_id: z.guid().nullable().describe('null: a number of the whole fleet'),
      field: z.string(),
      fast: z.unknown(),
      legacy: z.unknown(),
    }),
  ),
});

export const perfDiffOperation = {
  method: 'get',
  path: '/v1/perf-diff',
  operationId: 'getPerfDiff',
  tag: 'operations',
  summary: 'Comparisons of the fast and the legacy way of reading',
  description:
    'Of this process, since it started. Both reads of a comparison see one snapshot of the database at one time. Allowed for is what history does not hold: later heartbeats of a 10 s bucket, and what is older than the history. Latencies are of the last 1,000 comparisons.',
  answers: {
    200: {
      description: 'What came out so far',
      schema: z.strictObject({
        enabled: z.boolean(),
        sample: z.number().describe('the share of requests that are compared'),
        running: count,
        max_running: count,
        since: timeSchema,
        queries: z.array(
          z.strictObject({
            query: z.enum(QUERY_NAMES),
            comparisons: count,
            matches: count,
            mismatches: count,
            errors: count.describe('comparisons that failed'),
            skipped: count.describe('left out because enough comparisons were under way'),
            fast: percentiles,
            legacy: percentiles,
            speedup: z.number().nullable().describe('p50 of legacy / p50 of fast'),
            latest_mismatches: z.array(mismatch),
          }),
        ),
      }),
    },
  },
} as const satisfies Operation;
