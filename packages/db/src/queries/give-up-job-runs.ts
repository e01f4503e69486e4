import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/**
 * Closes the unfinished runs of a job that nobody continues any more. Call it with the job's lock
 * held: whoever began them is gone.
 *
 * @param except the run that goes on
 */
export async function giveUpJobRuns(
  db: Kysely<Database>,
  job: string,
  except: string,
): Promise<void> {
  await db
    .updateTable('job_runs')
    .set({ status: 'given_up', finished_at: sql<Date>`now()` })
    .where('job', '=', job)
    .where('finished_at', 'is', null)
    .where('id', '!=', except)
    .execute();
}
