import type { Kysely } from 'kysely';
import type { Database } from '../tables.ts';

export interface DeviceRegistration {
  id: string;
  created_at: Date;
  /** Null for a device that is not deleted. */
  deleted_at: Date | null;
}

/** Whether there is, or was, a device with this id, and since when and until when. */
export function findDeviceRegistration(
  db: Kysely<Database>,
  id: string,
): Promise<DeviceRegistration | undefined> {
  return db
    .selectFrom('devices')
    .select(['id', 'created_at', 'deleted_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}
