import { openDatabase, ping, type DatabaseHandle } from '@nexmdm/db';
import { pause, type Logger } from '@nexmdm/service';
import { UnreachableError } from './command-error.ts';
import { explainError, isDatabaseRefusal } from './explain-error.ts';
import { POSTGRES_PORT, serverAddress } from './server-address.ts';

export interface DatabaseUse {
  url: string;
  /** What the address was given as, for messages; `DATABASE_URL` unless said otherwise. */
  setting?: string;
  applicationName: string;
  statementTimeoutMs: number;
  logger: Logger;
}

const CONNECT_TIMEOUT_MS = 4_000;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Runs something with a database that answers, and closes it whatever comes.
 *
 * @throws UnreachableError when it doesn't answer
 */
export async function withDatabase<T>(
  { logger, setting = 'DATABASE_URL', ...options }: DatabaseUse,
  use: (db: DatabaseHandle['db']) => Promise<T>,
): Promise<T> {
  const database = openDatabase({
    ...options,
    poolMax: 2,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    onConnectionError: (error) => {
      logger.debug('database.connection_lost', { error });
    },
  });
  try {
    await ping(database.db).catch((error: unknown) => {
      throw new UnreachableError(
        `PostgreSQL at ${serverAddress(options.url, POSTGRES_PORT)} can't be used: ${explainError(error, setting)}`,
        isDatabaseRefusal(error) ? undefined : `Start it, or set ${setting} to where it is.`,
        { cause: error },
      );
    });
    return await use(database.db);
  } finally {
    // A server that froze doesn't say goodbye.
    const closed = new AbortController();
    await Promise.race([database.close(), pause(CLOSE_TIMEOUT_MS, closed.signal)]);
    closed.abort();
  }
}
