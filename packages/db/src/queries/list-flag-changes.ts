import type { Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import type { FlagValue } from './list-flag-values.ts';

/** The latest changes of a flag, newest first. */
export function listFlagChanges(
  db: Kysely<Database>,
  name: string,
  limit: number,
): Promise<FlagValue[]> {
  return db
    .selectFrom('flag_changes')
    .select(['id', 'name', 'enabled', 'changed_by', 'changed_at'])
    .where('name', '=', name)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
