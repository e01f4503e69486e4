import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** The newest entry of a flag: what it was set to, and by whom. */
export interface FlagValue {
  id: bigint;
  name: string;
  /** Null is a return to the service's own setting. */
  enabled: boolean | null;
  changed_by: string;
  changed_at: Date;
}

/** The newest entry of each of the flags; none for one that was never set. */
export async function listFlagValues(
  db: Kysely<Database>,
  names: readonly string[],
): Promise<FlagValue[]> {
  // An index entry a flag, however often they were changed.
  const { rows } = await sql<FlagValue>`
    SELECT newest.id, newest.name, newest.enabled, newest.changed_by, newest.changed_at
    FROM unnest(${names}::text[]) AS flag (name)
    CROSS JOIN LATERAL (
      SELECT * FROM flag_changes WHERE flag_changes.name = flag.name ORDER BY id DESC LIMIT 1
    ) newest
  `.execute(db);
  return rows;
}
