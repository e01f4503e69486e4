import type { PostgresPoolClient } from 'kysely';
import pg from 'pg';

/** The connection is in an unknown state and is about to be closed. */
export class BrokenConnectionError extends Error {
  override readonly name = 'BrokenConnectionError';
  readonly code = 'ECONNABORTED';
}

/**
 * A pool's connection that is closed instead of reused once a query on it failed for another reason
 * than PostgreSQL's own answer: no answer came in time, or the socket broke. Its answer may still be
 * under way, and whoever used it next would wait behind it.
 */
export function closeWhenBroken(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, values: unknown[]): Promise<unknown> => {
    if (broken) throw new BrokenConnectionError('the connection broke before');
    try {
      return await client.query(text, values);
    } catch (error) {
      broken = !(error instanceof pg.DatabaseError);
      throw error;
    }
  };
  return {
    // Kysely's type also has the form with a cursor, which needs an option that nothing here sets.
    query: query as unknown as PostgresPoolClient['query'],
    release(destroy = false) {
      client.release(destroy || broken);
    },
  };
}
