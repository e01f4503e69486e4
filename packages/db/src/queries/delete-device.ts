import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { orAliasTaken } from './free-alias.ts';

const MAX_ALIAS_LENGTH = 200;

/**
 * Marks a device as deleted and frees its alias. Everything else is kept, its history and last
 * status too, so that restoring it brings it back as it was.
 *
 * @returns whether there was one that wasn't deleted
 * @throws AliasTakenError when somebody gave another device just the alias of a deleted one
 */
export async function deleteDevice(db: Kysely<Database>, id: string): Promise<boolean> {
  const mark = ` (deleted ${id})`;
  const { numAffectedRows } = await orAliasTaken(db, (trx) =>
    sql`
      UPDATE devices SET deleted_at = now(), alias_before_deletion = alias,
        alias = left(alias, ${MAX_ALIAS_LENGTH - mark.length}::integer) || ${mark}
      WHERE id = ${id} AND deleted_at IS NULL
    `.execute(trx),
  );
  return numAffectedRows === 1n;
}
