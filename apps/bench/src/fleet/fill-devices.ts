import { sql, type Kysely } from 'kysely';
import type { Database } from '@nexmdm/db';
import type { FleetPlan } from './fleet-plan.ts';

/** The registry of the fleet: facts for the devices that have reported, none for the others. */
export async function fillDevices(db: Kysely<Database>, plan: FleetPlan): Promise<void> {
  await sql`
    INSERT INTO devices (
      id, alias, alias_before_deletion, deleted_at, hardware_id, token_id, created_at,
      app_version, model, manufacturer, android_version, sdk_int, patch_level, build_id,
      is_device_owner, installed_apk_version_code, installed_apk_version_name, app_versions,
      facts_hash, monitored_app_name
    )
    SELECT id,
      CASE WHEN deleted THEN alias || ' (deleted ' || id || ')' ELSE alias END,
      CASE WHEN deleted THEN alias END,
      CASE WHEN deleted THEN ${plan.newest}::timestamptz END,
      'HW' || lpad(n::text, 9, '0'),
      encode(sha256(id::text::bytea), 'hex'),
      ${plan.oldest}::timestamptz - (n % 400) * interval '1 day' - (n % 86400) * interval '1 second',
      agent_version,
      'Model ' || chr(65 + model),
      (ARRAY['Rongta', 'Google', 'samsung', 'Zebra Technologies'])[1 + model % 4],
      (11 + model % 4)::text,
      30 + model % 4,
      '2025-0' || 1 + model % 9 || '-05',
      'TP1A.' || 220000 + model,
      n % 10 <> 0,
      20400 + version,
      '2.4.' || version,
      jsonb_build_object('io.unitynodes.unityapp',
        jsonb_build_object('installed', true, 'version_name', '2.4.' || version)),
      md5('facts/' || n),
      'Unity'
    FROM bench_fleet WHERE first_tick IS NOT NULL
    UNION ALL
    SELECT id, alias, NULL, NULL, NULL, encode(sha256(id::text::bytea), 'hex'),
      ${plan.oldest}::timestamptz - n * interval '1 second',
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM bench_fleet WHERE first_tick IS NULL
  `.execute(db);
}
