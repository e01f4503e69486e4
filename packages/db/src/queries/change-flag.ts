import { sql, type Kysely } from 'kysely';
import { LOCK_NAMESPACE, LOCKS } from '../locks.ts';
import type { Database } from '../tables.ts';
import { listFlagValues, type FlagValue } from './list-flag-values.ts';

export interface FlagChange {
  name: string;
  /** Null returns the flag to the service's own setting. */
  enabled: boolean | null;
  changedBy: string;
}

/**
 * Sets a flag. Setting it to what it is already adds no entry. Changes of flags come one after the
 * other, so that the newest entry is that of the latest change.
 *
 * @returns the flag's newest entry, none when it was never set, and whether it was added now
 */
export async function changeFlag(
  db: Kysely<Database>,
  { name, enabled, changedBy }: FlagChange,
): Promise<{ value: FlagValue | undefined; changed: boolean }> {
  return db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK_NAMESPACE}::integer, ${LOCKS.flags}::integer)`.execute(
      trx,
    );
    const [current] = await listFlagValues(trx, [name]);
    if ((current?.enabled ?? null) === enabled) return { value: current, changed: false };
    const value = await trx
      .insertInto('flag_changes')
      .values({ name, enabled, changed_by: changedBy })
      .returning(['id', 'name', 'enabled', 'changed_by', 'changed_at'])
      .executeTakeFirstOrThrow();
    return { value, changed: true };
  });
}
