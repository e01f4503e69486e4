import type { DeviceChange } from '@nexmdm/contracts';
import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { isFreeAlias, orAliasTaken } from './free-alias.ts';
import { AliasTakenError } from './insert-device.ts';

/**
 * Changes a device that is not deleted.
 *
 * @returns whether there is one
 * @throws AliasTakenError
 */
export function updateDevice(
  db: Kysely<Database>,
  id: string,
  change: DeviceChange,
): Promise<boolean> {
  const { alias } = change;
  return orAliasTaken(db, async (trx) => {
    const updated = await trx
      .updateTable('devices')
      .set(change)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .$if(alias !== undefined, (query) => query.where(isFreeAlias(sql`${alias}`, id)))
      .returning('id')
      .executeTakeFirst();
    if (updated !== undefined) return true;
    const device = await trx
      .selectFrom('devices')
      .select('id')
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (device === undefined) return false;
    throw new AliasTakenError(`The alias is taken by another device: ${alias ?? ''}`);
  });
}
