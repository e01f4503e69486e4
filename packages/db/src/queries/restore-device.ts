import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { isFreeAlias, orAliasTaken } from './free-alias.ts';
import { AliasTakenError } from './insert-device.ts';

export type RestoreOutcome = 'restored' | 'unknown' | 'not-deleted';

/**
 * Takes a deletion back: the device, its tokens and its last status are as they were.
 *
 * @param alias instead of the one before the deletion
 * @throws AliasTakenError when another device has the alias by now
 */
export function restoreDevice(
  db: Kysely<Database>,
  id: string,
  alias: string | undefined,
): Promise<RestoreOutcome> {
  // A device that was deleted by hand still has its alias.
  const restored = sql<string>`coalesce(${alias ?? null}, d.alias_before_deletion, d.alias)`;
  return orAliasTaken(db, async (trx) => {
    const { numAffectedRows } = await sql`
      UPDATE devices d SET deleted_at = NULL, alias = ${restored}, alias_before_deletion = NULL
      WHERE d.id = ${id} AND d.deleted_at IS NOT NULL AND ${isFreeAlias(restored, id)}
    `.execute(trx);
    if (numAffectedRows === 1n) return 'restored';
    const device = await trx
      .selectFrom('devices')
      .select(['deleted_at', 'alias_before_deletion'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (device === undefined) return 'unknown';
    if (device.deleted_at === null) return 'not-deleted';
    throw new AliasTakenError(
      `The alias is taken by another device: ${alias ?? device.alias_before_deletion ?? ''}`,
    );
  });
}
