import { sql, type RawBuilder } from 'kysely';
import { isUniqueViolation } from '../sqlstate.ts';
import { AliasTakenError } from './insert-device.ts';

/** Whether no other device has the alias; looked at first, because PostgreSQL logs every conflict. */
export function isFreeAlias(alias: RawBuilder<string>, id: string): RawBuilder<boolean> {
  return sql`NOT EXISTS (SELECT 1 FROM devices o WHERE o.alias = ${alias} AND o.id <> ${id}::uuid)`;
}

/**
 * Runs a statement that gives a device an alias, which another device may take at the same moment.
 *
 * @throws AliasTakenError
 */
export async function orAliasTaken<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AliasTakenError('Another device has taken the alias.', { cause: error });
  }
}
