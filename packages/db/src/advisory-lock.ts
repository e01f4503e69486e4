import { sql, type Kysely } from 'kysely';
import { LOCK_NAMESPACE, LOCKS } from './locks.ts';
import { isLockTimeout } from './sqlstate.ts';
import type { Database } from './tables.ts';

/** Somebody else holds the lock. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  readonly lock: keyof typeof LOCKS;

  constructor(lock: keyof typeof LOCKS) {
    super(`the lock "${lock}" is held by another process`);
    this.lock = lock;
  }
}

/** Long enough for the server to notice that a holder was killed in the middle of a statement. */
const LOCK_TIMEOUT = '3s';

/**
 * Runs something on one connection that holds an advisory lock; with the connection the lock goes.
 *
 * @throws LockHeldError
 */
export async function withLock<T>(
  db: Kysely<Database>,
  lock: keyof typeof LOCKS,
  use: (connection: Kysely<Database>) => Promise<T>,
): Promise<T> {
  const key = sql`${LOCK_NAMESPACE}::integer, ${LOCKS[lock]}::integer`;
  return db.connection().execute(async (connection) => {
    try {
      // The lock is the session's and outlives the transaction, which is there for the timeout.
      await connection.transaction().execute(async (trx) => {
        await sql`SET LOCAL lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(trx);
        await sql`SELECT pg_advisory_lock(${key})`.execute(trx);
      });
    } catch (error) {
      if (isLockTimeout(error)) throw new LockHeldError(lock);
      throw error;
    }
    try {
      return await use(connection);
    } finally {
      // When the connection is lost the lock is too, and the error that counts is another.
      await sql`SELECT pg_advisory_unlock(${key})`.execute(connection).catch(() => undefined);
    }
  });
}
