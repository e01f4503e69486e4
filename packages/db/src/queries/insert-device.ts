import type { Kysely } from 'kysely';
import type { Database, NewDevice } from '../tables.ts';

/** Another device has the alias. */
export class AliasTakenError extends Error {
  override readonly name = 'AliasTakenError';
}

/**
 * In a transaction, so that what its caller gave up on is not done later.
 *
 * @throws AliasTakenError
 */
export async function insertDevice(db: Kysely<Database>, device: NewDevice): Promise<void> {
  const inserted = await db.transaction().execute((trx) =>
    trx
      .insertInto('devices')
      .values(device)
      // Not by its error: PostgreSQL would log one for what is an ordinary answer.
      .onConflict((conflict) => conflict.column('alias').doNothing())
      .returning('id')
      .executeTakeFirst(),
  );
  if (inserted === undefined) {
    throw new AliasTakenError(`The alias is taken by another device: ${device.alias}`);
  }
}
