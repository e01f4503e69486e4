import { codeOf } from '@nexmdm/service';

/**
 * What a failed statement means for whoever ran it, from the SQLSTATE or the socket's error code.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

const UNIQUE_VIOLATION = '23505';
const CHECK_VIOLATION = '23514';
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Data that PostgreSQL will never take: data exceptions (22), broken constraints (23), more than it
 * can work through (54).
 */
const PERMANENT_CLASSES = ['22', '23', '54'];

/** The constraint that a statement broke, or undefined. */
function constraintOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'constraint' in error
    ? error.constraint
    : undefined;
}

/** The SQLSTATE or socket error code, or `unknown`. */
export function errorCode(error: unknown): string {
  return codeOf(error) ?? 'unknown';
}

/**
 * No partition takes the row. PostgreSQL reports it as a check violation that names the partitioned
 * table and no constraint.
 */
export function isMissingPartition(error: unknown): boolean {
  return codeOf(error) === CHECK_VIOLATION && constraintOf(error) === undefined;
}

/** The rows themselves are refused, so that trying them again changes nothing. */
export function isPoison(error: unknown): boolean {
  return PERMANENT_CLASSES.includes(errorCode(error).slice(0, 2)) && !isMissingPartition(error);
}

/** Another row has the value already. */
export function isUniqueViolation(error: unknown): boolean {
  return errorCode(error) === UNIQUE_VIOLATION;
}

export function isLockTimeout(error: unknown): boolean {
  return errorCode(error) === LOCK_NOT_AVAILABLE;
}

/**
 * The server closes the connection after it has said this: a shutdown or an administrator's order
 * (57P), a session that was idle or in a transaction for too long (25P), a breach of the protocol.
 */
export function endsConnection(error: unknown): boolean {
  const code = errorCode(error);
  return code.startsWith('57P') || ['25P03', '25P04', '08P01'].includes(code);
}

/** Connection exceptions (08), operator intervention such as a shutdown (57), too many connections (53). */
const UNAVAILABLE_CLASSES = ['08', '53', '57'];
const SOCKET_ERRORS = [
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
];

/** Deadlocks and the like (40), locks that others hold (55), trouble of the machine (58). */
const PASSING_CLASSES = ['40', '55', '58'];

/** Trying again later may help, without anybody changing anything. */
export function mayPass(error: unknown): boolean {
  return isConnectionFault(error) || PASSING_CLASSES.includes(errorCode(error).slice(0, 2));
}

/**
 * The database could not be reached or didn't answer in time. The driver's own timeouts and lost
 * connections carry no code at all, and everything that PostgreSQL says has one.
 */
export function isConnectionFault(error: unknown): boolean {
  const code = errorCode(error);
  return (
    (code === 'unknown' && error instanceof Error && error.name === 'Error') ||
    SOCKET_ERRORS.includes(code) ||
    UNAVAILABLE_CLASSES.includes(code.slice(0, 2))
  );
}
