import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import { isUniqueViolation } from '../sqlstate.ts';
import type { Database } from '../tables.ts';
import { AliasTakenError } from './insert-device.ts';

/** Whether no other device has the alias; looked at first, because PostgreSQL logs every conflict. */
export function isFreeAlias(alias: RawBuilder<string>, id: string): RawBuilder<boolean> {
  return sql`NOT EXISTS (SELECT 1 FROM devices o WHERE o.alias = ${alias} AND o.id <> ${id}::uuid)`;
}

/**
 * Runs statements that give a device an alias, which another device may take at the same moment. In a
 * transaction, so that what their caller gave up on is not done later.
 *
 * @throws AliasTakenError
 */
export async function orAliasTaken<T>(
  db: Kysely<Database>,
  change: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  try {
    return await db.transaction().execute(change);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AliasTakenError('Another device has taken the alias.', { cause: error });
  }
}
