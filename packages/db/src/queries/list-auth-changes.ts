import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/**
 * The tokens whose settings changed within the last `seconds`, by the database's clock.
 *
 * A change becomes visible at its commit, a moment after the time it carries, so ask for more than
 * the time since the last look.
 */
export async function listAuthChanges(db: Kysely<Database>, seconds: number): Promise<string[]> {
  const { rows } = await sql<{ token_id: string }>`
    SELECT DISTINCT token_id FROM device_auth_changes
    WHERE changed_at > clock_timestamp() - make_interval(secs => ${seconds})
  `.execute(db);
  return rows.map((row) => row.token_id);
}

/** Forgets changes older than a day; every process has seen them or starts anew. */
export async function pruneAuthChanges(db: Kysely<Database>): Promise<void> {
  await sql`
    DELETE FROM device_auth_changes WHERE changed_at < clock_timestamp() - interval '1 day'
  `.execute(db);
}
