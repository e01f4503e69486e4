import { sql, type Kysely } from 'kysely';

/** The audit trail of every maintenance run, dry runs too. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE job_runs (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      job text NOT NULL,
      trigger text NOT NULL,
      params jsonb NOT NULL DEFAULT '{}',
      started_at timestamptz NOT NULL DEFAULT now(),
      finished_at timestamptz,
      status text NOT NULL DEFAULT 'running',
      result jsonb,
      error text
    )
  `.execute(db);
  await sql`CREATE INDEX job_runs_job_started_at ON job_runs (job, started_at DESC)`.execute(db);
}
