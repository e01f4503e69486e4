import type { Kysely } from 'kysely';
import type { Database } from '../tables.ts';

export interface NewJobRun {
  job: string;
  /** Who or what started it: `cli`, a schedule. */
  trigger: string;
  params: Readonly<Record<string, unknown>>;
}

/** Enters a run into the audit trail. Returns its id. */
export async function startJobRun(db: Kysely<Database>, run: NewJobRun): Promise<string> {
  const { id } = await db
    .insertInto('job_runs')
    .values({ ...run, params: JSON.stringify(run.params) })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
