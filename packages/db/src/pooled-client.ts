import type { PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { endsConnection } from './sqlstate.ts';

/** The connection is in an unknown state and is about to be closed. */
export class BrokenConnectionError extends Error {
  override readonly name = 'BrokenConnectionError';
  readonly code = 'ECONNABORTED';
}

/**
 * A pool's connection that is closed instead of reused once a query on it failed for another reason
 * than PostgreSQL's own answer, or with an answer that is its last: no answer came in time, the
 * socket broke, the server shuts down. Whoever used it next would wait or fail with it.
 */
export function closeWhenBroken(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  const query = async (text: string, values: unknown[]): Promise<unknown> => {
    if (broken) throw new BrokenConnectionError('the connection broke before');
    try {
      return await client.query(text, values);
    } catch (error) {
      broken = !(error instanceof pg.DatabaseError) || endsConnection(error);
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
