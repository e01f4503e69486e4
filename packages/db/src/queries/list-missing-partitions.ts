import { sql, type Kysely } from 'kysely';
import { addDays, partitionName, type Day } from '../day.ts';
import type { Database } from '../tables.ts';

/**
 * Of `from` and the `daysAhead` days after it, those that have no partition. All of them when even
 * the table of heartbeats isn't there yet.
 */
export async function listMissingPartitions(
  db: Kysely<Database>,
  from: Day,
  daysAhead: number,
): Promise<Day[]> {
  const days = Array.from({ length: daysAhead + 1 }, (_, ahead) => addDays(from, ahead));
  const { rows } = await sql<{ relname: string }>`
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass('device_heartbeats') AND NOT i.inhdetachpending
  `.execute(db);
  const attached = new Set(rows.map(({ relname }) => relname));
  return days.filter((day) => !attached.has(partitionName(day)));
}
