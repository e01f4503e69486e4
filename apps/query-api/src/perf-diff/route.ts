import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import type { PerfDiff } from './perf-diff.ts';
import { perfDiffOperation } from './schema.ts';

export interface PerfDiffDeps {
  perfDiff: Pick<PerfDiff, 'state'>;
}

export function perfDiffEndpoint({ perfDiff }: PerfDiffDeps): Endpoint {
  return endpoint(perfDiffOperation, () => Promise.resolve({ body: perfDiff.state() }));
}
