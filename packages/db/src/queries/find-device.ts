import type { Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { selectDevices, type DeviceRow } from './select-devices.ts';

/** One device that is not deleted. */
export function findDevice(
  db: Kysely<Database>,
  id: string,
  onlineWithinSeconds: number,
): Promise<DeviceRow | undefined> {
  return selectDevices(db, onlineWithinSeconds)
    .where('d.id', '=', id)
    .where('d.deleted_at', 'is', null)
    .executeTakeFirst();
}
