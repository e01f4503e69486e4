import { errorCode } from '@nexmdm/db';
import { redisErrorCode } from '@nexmdm/stream';

/** A socket's error codes. */
const SOCKET_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  EHOSTUNREACH: 'the host is not reachable',
  ENETUNREACH: 'the network is not reachable',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'no answer in time',
};

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATES: Readonly<Record<string, string>> = {
  '28P01': 'the user or the password is wrong; check both in DATABASE_URL, or PGPASSWORD',
  '28000': 'PostgreSQL refuses the user of DATABASE_URL; check its name, and see pg_hba.conf',
  '3D000': 'the database named in DATABASE_URL does not exist; create it',
  '42501': 'the user of DATABASE_URL lacks a right; check what it was granted',
  '42P01': 'a table is missing; run "npx --yes pnpm nexmdm migrate"',
  '42703': 'a column is missing; run "npx --yes pnpm nexmdm migrate"',
  '53300': 'PostgreSQL has no connection left; raise max_connections or lower DB_POOL_MAX',
  '57P03': 'PostgreSQL is starting up or shutting down; try again in a moment',
};

/** A database that isn't this installation's own is neither made nor changed. */
const FOREIGN_SQLSTATES: Readonly<Record<string, string>> = {
  '3D000': 'the database named in DATABASE_URL does not exist; check its name',
  '42P01': 'a table is missing; check the database that DATABASE_URL names',
  '42703': 'a column is missing; check the database that DATABASE_URL names',
  '53300': 'PostgreSQL has no connection left; try again later, or raise max_connections',
};

/** All have a digit, which tells them from a socket's EPIPE. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** The driver's own, without a code: it was given no password, or an empty one. */
const NO_PASSWORD = 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be';
const WANTS_PASSWORD = 'the server wants a password: set PGPASSWORD, or put it in DATABASE_URL';

const REDIS_ERRORS: Readonly<Record<string, string>> = {
  NOAUTH: 'Redis wants a password; put it into REDIS_URL as redis://:password@host:port',
  WRONGPASS: 'the password in REDIS_URL is wrong',
  NOPERM: 'the user of REDIS_URL may not do this',
  OOM: 'Redis is out of memory; raise maxmemory',
  READONLY: 'REDIS_URL names a replica; use the primary',
  LOADING: 'Redis is loading its data; try again in a moment',
};

const MEANINGS = { ...SOCKET_ERRORS, ...SQLSTATES, ...REDIS_ERRORS };
const OWN_DATABASE = 'DATABASE_URL';

/**
 * What a failure of PostgreSQL, Redis or a socket means, in words without secrets.
 *
 * @param database what the address of the database was given as
 */
export function explainError(error: unknown, database = OWN_DATABASE): string {
  const cause = innermost(error);
  if (lacksPassword(cause)) return WANTS_PASSWORD.replace(OWN_DATABASE, database);
  const meanings = database === OWN_DATABASE ? MEANINGS : { ...MEANINGS, ...FOREIGN_SQLSTATES };
  const codes = [errorCode(cause), redisErrorCode(cause)];
  for (const code of codes) {
    const meaning = code === undefined ? undefined : meanings[code];
    if (meaning !== undefined) {
      return `${meaning.replace(OWN_DATABASE, database)} (${String(code)})`;
    }
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** Whether PostgreSQL was reached and refuses; what it says has a SQLSTATE. */
export function isDatabaseRefusal(error: unknown): boolean {
  const cause = innermost(error);
  return lacksPassword(cause) || SQLSTATE.test(errorCode(cause));
}

function lacksPassword(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(NO_PASSWORD);
}

/** `fetch` (a TypeError) and connections to several addresses wrap what really went wrong. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  if (error instanceof TypeError && error.cause !== undefined) return innermost(error.cause);
  return error;
}
