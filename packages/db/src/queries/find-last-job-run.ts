import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

export interface JobRun {
  id: string;
  started_at: Date;
  finished_at: Date | null;
  /** As the job saved it; null before that. */
  result: unknown;
}

/** The newest run of a job whose parameters include these. */
export async function findLastJobRun(
  db: Kysely<Database>,
  job: string,
  params: Readonly<Record<string, unknown>>,
): Promise<JobRun | undefined> {
  return db
    .selectFrom('job_runs')
    .select(['id', 'started_at', 'finished_at', 'result'])
    .where('job', '=', job)
    .where(sql<boolean>`params @> ${JSON.stringify(params)}::jsonb`)
    .orderBy('started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
