import type { Kysely } from 'kysely';
import type { Database, NewDevice } from '../tables.ts';

/** Another device has the alias. */
export class AliasTakenError extends Error {
  override readonly name = 'AliasTakenError';
}

/** @throws AliasTakenError */
export async function insertDevice(db: Kysely<Database>, device: NewDevice): Promise<void> {
  // Not by its error: PostgreSQL would log one for what is an ordinary answer.
  const inserted = await db
    .insertInto('devices')
    .values(device)
    .onConflict((conflict) => conflict.column('alias').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) {
    throw new AliasTakenError(`The alias is taken by another device: ${device.alias}`);
  }
}
