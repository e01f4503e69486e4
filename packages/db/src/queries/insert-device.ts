import type { Kysely } from 'kysely';
import { isUniqueViolation } from '../sqlstate.ts';
import type { Database, NewDevice } from '../tables.ts';

/** Another device has the alias. */
export class AliasTakenError extends Error {
  override readonly name = 'AliasTakenError';
}

/** @throws AliasTakenError */
export async function insertDevice(db: Kysely<Database>, device: NewDevice): Promise<void> {
  try {
    await db.insertInto('devices').values(device).execute();
  } catch (error) {
    if (!isUniqueViolation(error, 'devices_alias_key')) throw error;
    throw new AliasTakenError(`The alias is taken by another device: ${device.alias}`, {
      cause: error,
    });
  }
}
