import type { Transaction } from 'kysely';
import type { Database } from '../tables.ts';

/**
 * Holds a device that is not deleted until the transaction ends, so that the statements after it see
 * all that was changed before.
 *
 * @returns whether there is one
 */
export async function lockDevice(trx: Transaction<Database>, id: string): Promise<boolean> {
  const device = await trx
    .selectFrom('devices')
    .select('id')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return device !== undefined;
}
