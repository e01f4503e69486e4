import type { Kysely } from 'kysely';
import type { Database } from './tables.ts';

/**
 * Runs several reads that see the database, and the time, at one and the same moment. They run one
 * after the other on one connection.
 */
export function inSnapshot<T>(
  db: Kysely<Database>,
  read: (db: Kysely<Database>) => Promise<T>,
): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(read);
}
