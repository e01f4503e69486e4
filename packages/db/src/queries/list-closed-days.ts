import type { Kysely } from 'kysely';
import { dayOf, type Day } from '../day.ts';
import type { Database } from '../tables.ts';

/**
 * The days whose partition is archived, is being archived or was dropped: what is written to them now
 * would be dropped with them.
 */
export async function listClosedDays(db: Kysely<Database>): Promise<Set<Day>> {
  const rows = await db
    .selectFrom('hb_partitions')
    .select('range_start')
    .where('state', 'in', ['archiving', 'archived', 'dropped'])
    .execute();
  return new Set(rows.map(({ range_start }) => dayOf(range_start.getTime())));
}
