import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** What accepting a heartbeat needs to know of a device. */
export interface DeviceCredential {
  token_id: string;
  device_id: string;
  /** The device was deleted or its token revoked. */
  gone: boolean;
  /** Null while monitoring is off. */
  monitored_package: string | null;
  monitored_threshold_min: number;
}

/** The devices that have one of these token ids (hex sha256 of a token); unknown ids are left out. */
export async function findDevicesByToken(
  db: Kysely<Database>,
  tokenIds: readonly string[],
): Promise<DeviceCredential[]> {
  const { rows } = await sql<DeviceCredential>`
    SELECT token_id, id AS device_id,
      (deleted_at IS NOT NULL OR token_revoked_at IS NOT NULL) AS gone,
      CASE WHEN monitor_enabled THEN monitored_package END AS monitored_package,
      monitored_threshold_min
    FROM devices WHERE token_id = ANY(${tokenIds}::text[])
  `.execute(db);
  return rows;
}
