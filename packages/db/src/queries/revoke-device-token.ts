import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { lockDevice } from './lock-device.ts';

/**
 * Ends the token of a device that is not deleted, and those that were rotated out, until the device
 * is given a new one.
 *
 * @returns whether there is such a device
 */
export function revokeDeviceToken(db: Kysely<Database>, id: string): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockDevice(trx, id))) return false;
    await sql`
      UPDATE device_previous_tokens SET valid_until = statement_timestamp()
      WHERE device_id = ${id} AND valid_until > statement_timestamp()
    `.execute(trx);
    await sql`
      UPDATE devices SET token_revoked_at = statement_timestamp()
      WHERE id = ${id} AND token_revoked_at IS NULL
    `.execute(trx);
    return true;
  });
}
