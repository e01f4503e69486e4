import type { DeviceFacts } from '@nexmdm/contracts';
import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

export interface FactsUpdate {
  device_id: string;
  /** Event time of the heartbeat that reported them, ms since the epoch. */
  event_at: number;
  facts: DeviceFacts;
  facts_hash: string;
}

/**
 * Writes the facts that differ from what is stored, unless a newer heartbeat of the device is known.
 * Run it after the dual write of the same heartbeats. What an agent may leave out (its version, its
 * push token, whether it owns the device) keeps its last known value.
 *
 * @returns how many devices changed
 */
export async function updateDeviceFacts(
  db: Kysely<Database>,
  updates: readonly FactsUpdate[],
): Promise<number> {
  if (updates.length === 0) return 0;
  const values = JSON.stringify(
    updates.map(({ device_id, event_at, facts, facts_hash }) => ({
      device_id,
      event_at,
      facts_hash,
      ...facts,
    })),
  );
  const result = await sql`
    WITH reported AS (
      SELECT * FROM json_to_recordset(${values}::json) AS f(
        device_id uuid, event_at float8, facts_hash text,
        app_version text, model text, manufacturer text, android_version text, sdk_int integer,
        patch_level text, build_id text, is_device_owner boolean,
        installed_apk_version_code bigint, installed_apk_version_name text,
        fcm_token text, app_versions text
      )
    ), changed AS (
      SELECT d.id FROM devices d
      JOIN reported f ON f.device_id = d.id
      JOIN device_last_status s ON s.device_id = d.id
      WHERE d.facts_hash IS DISTINCT FROM f.facts_hash
        AND s.last_ts <= to_timestamp(f.event_at / 1000)
      ORDER BY d.id
      FOR NO KEY UPDATE OF d
    )
    UPDATE devices d SET
      app_version = coalesce(f.app_version, d.app_version),
      model = f.model,
      manufacturer = f.manufacturer,
      android_version = f.android_version,
      sdk_int = f.sdk_int,
      patch_level = f.patch_level,
      build_id = f.build_id,
      is_device_owner = coalesce(f.is_device_owner, d.is_device_owner),
      installed_apk_version_code = f.installed_apk_version_code,
      installed_apk_version_name = f.installed_apk_version_name,
      fcm_token = coalesce(f.fcm_token, d.fcm_token),
      app_versions = f.app_versions::jsonb,
      facts_hash = f.facts_hash
    FROM changed c JOIN reported f ON f.device_id = c.id
    WHERE d.id = c.id
  `.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
