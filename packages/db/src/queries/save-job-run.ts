import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/**
 * Where a run is: `running` and `interrupted` ones can be continued from their result, which is
 * their checkpoint; the others are over.
 */
export type JobRunStatus = 'running' | 'interrupted' | 'succeeded';

export interface JobRunState {
  status: JobRunStatus;
  /** Kept as it is when left out. */
  result?: Readonly<Record<string, unknown>>;
  /** Why it was interrupted. */
  error?: string;
}

/** Notes how far a run is, or that it is over. */
export async function saveJobRun(
  db: Kysely<Database>,
  id: string,
  { status, result, error }: JobRunState,
): Promise<void> {
  await db
    .updateTable('job_runs')
    .set({
      status,
      error: error ?? null,
      finished_at: status === 'succeeded' ? sql<Date>`now()` : null,
    })
    .$if(result !== undefined, (query) => query.set({ result: JSON.stringify(result) }))
    .where('id', '=', id)
    .execute();
}
