import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { lockDevice } from './lock-device.ts';

export interface TokenRotation {
  /** Hex sha256 of the new token. */
  tokenId: string;
  /** How long the token until now stays good; 0 ends it at once. */
  graceSeconds: number;
}

export interface RotatedToken {
  /** Null when the device had no token. */
  previous_token_valid_until: Date | null;
}

/**
 * Gives a device that is not deleted a new token, good at once. The one until now stays good for the
 * grace, and those before it no longer than that; a token that was revoked stays so.
 *
 * @returns undefined when there is no such device
 */
export function rotateDeviceToken(
  db: Kysely<Database>,
  id: string,
  { tokenId, graceSeconds }: TokenRotation,
): Promise<RotatedToken | undefined> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockDevice(trx, id))) return undefined;
    const { rows } = await sql<RotatedToken>`
      WITH current AS (
        SELECT id, token_id, statement_timestamp() + CASE
          WHEN token_revoked_at IS NULL THEN make_interval(secs => ${graceSeconds})
          ELSE interval '0' END AS valid_until
        FROM devices WHERE id = ${id}
      ), earlier AS (
        UPDATE device_previous_tokens p SET valid_until = current.valid_until
        FROM current WHERE p.device_id = current.id AND p.valid_until > current.valid_until
      ), previous AS (
        INSERT INTO device_previous_tokens (token_id, device_id, valid_until)
        SELECT token_id, id, valid_until FROM current WHERE token_id IS NOT NULL
        RETURNING valid_until
      )
      UPDATE devices SET token_id = ${tokenId}, token_revoked_at = NULL WHERE id = ${id}
      RETURNING (SELECT valid_until FROM previous) AS previous_token_valid_until
    `.execute(trx);
    return rows[0];
  });
}
