import { sql, type Kysely } from 'kysely';

/**
 * Every change of a run-time flag, who made it and when. The newest entry of a flag is its value;
 * null is a return to the service's own setting.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE flag_changes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL,
      enabled boolean,
      changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      changed_by text NOT NULL
    )
  `.execute(db);
  await sql`CREATE INDEX flag_changes_name ON flag_changes (name, id DESC)`.execute(db);
}
