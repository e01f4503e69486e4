import type { Kysely } from 'kysely';
import { addDays, type Day } from '../day.ts';
import type { Database } from '../tables.ts';
import { ensurePartition } from './ensure-partition.ts';

/** Makes the partitions of `from` and of the `daysAhead` days after it. Returns the days made now. */
export async function ensurePartitions(
  db: Kysely<Database>,
  from: Day,
  daysAhead: number,
): Promise<Day[]> {
  const made: Day[] = [];
  for (let ahead = 0; ahead <= daysAhead; ahead += 1) {
    const day = addDays(from, ahead);
    if (await ensurePartition(db, day)) made.push(day);
  }
  return made;
}
