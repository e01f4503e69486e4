import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** The first day of the history that is there, or undefined when there is none. */
export async function findHistoryStart(db: Kysely<Database>): Promise<Date | undefined> {
  const { rows } = await sql<{ start: Date | null }>`
    SELECT min(range_start) AS start FROM hb_partitions WHERE state <> 'dropped'
  `.execute(db);
  return rows[0]?.start ?? undefined;
}
