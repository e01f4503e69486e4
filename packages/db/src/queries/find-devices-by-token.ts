import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** What accepting a heartbeat needs to know of a device. */
export interface DeviceCredential {
  token_id: string;
  device_id: string;
  /** The device was deleted, its token revoked, or the time after its rotation is over. */
  gone: boolean;
  /** How much longer a token that was rotated out is good, by the database's clock; else null. */
  valid_seconds: number | null;
  /** Null while monitoring is off. */
  monitored_package: string | null;
  monitored_threshold_min: number;
}

const REVOKED = sql`(d.deleted_at IS NOT NULL OR d.token_revoked_at IS NOT NULL)`;
const MONITORING = sql`
  CASE WHEN d.monitor_enabled THEN d.monitored_package END AS monitored_package,
  d.monitored_threshold_min
`;

/**
 * The devices that have, or had until a rotation, one of these token ids (hex sha256 of a token);
 * unknown ids are left out.
 */
export async function findDevicesByToken(
  db: Kysely<Database>,
  tokenIds: readonly string[],
): Promise<DeviceCredential[]> {
  // One statement, so that a token which is rotated meanwhile is found where it was or where it is.
  const { rows } = await sql<DeviceCredential>`
    SELECT d.token_id, d.id AS device_id, ${REVOKED} AS gone, NULL::float8 AS valid_seconds, ${MONITORING}
    FROM devices d WHERE d.token_id = ANY(${tokenIds}::text[])
    UNION ALL
    SELECT p.token_id, d.id, ${REVOKED} OR p.valid_until <= clock_timestamp(),
      (extract(epoch FROM p.valid_until) - extract(epoch FROM clock_timestamp()))::float8, ${MONITORING}
    FROM device_previous_tokens p JOIN devices d ON d.id = p.device_id
    WHERE p.token_id = ANY(${tokenIds}::text[])
  `.execute(db);
  return rows;
}
