import { sql, type Kysely } from 'kysely';

/** What reconciliation repaired: a device's status before and after. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE drift_ledger (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      run_id uuid NOT NULL,
      device_id uuid NOT NULL,
      detected_at timestamptz NOT NULL DEFAULT now(),
      before jsonb,
      after jsonb
    )
  `.execute(db);
  await sql`CREATE INDEX drift_ledger_run_id ON drift_ledger (run_id)`.execute(db);
}
