import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export type AdminKeyCheck = (headers: IncomingHttpHeaders) => boolean;

/**
 * Tells whether a request carries the admin key: in `x-admin` or `x-admin-key`, or as a bearer
 * token, which is how Prometheus sends it. Compares in constant time.
 */
export function createAdminKeyCheck(adminKey: string): AdminKeyCheck {
  const expected = digest(adminKey);
  return (headers) => {
    const given =
      headers['x-admin'] ?? headers['x-admin-key'] ?? bearerToken(headers.authorization);
    return typeof given === 'string' && timingSafeEqual(digest(given), expected);
  };
}

/** The token of an `Authorization: Bearer …` header, or undefined. */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  return authorization.slice(7).trim() || undefined;
}
