import { sql, type Kysely } from 'kysely';

/**
 * The registry. `token_id` is the hex sha256 of a device's token, which is itself stored nowhere.
 * The facts are what a heartbeat reports and rarely changes; they are written when `facts_hash`
 * differs.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE devices (
      id uuid PRIMARY KEY,
      alias text NOT NULL UNIQUE,
      hardware_id text,
      token_id text UNIQUE,
      token_revoked_at timestamptz,
      deleted_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      app_version text,
      model text,
      manufacturer text,
      android_version text,
      sdk_int integer,
      patch_level text,
      build_id text,
      is_device_owner boolean,
      installed_apk_version_code bigint,
      installed_apk_version_name text,
      fcm_token text,
      app_versions jsonb,
      facts_hash text,
      monitored_package text DEFAULT 'io.unitynodes.unityapp',
      monitored_app_name text,
      monitored_threshold_min integer NOT NULL DEFAULT 10 CHECK (monitored_threshold_min > 0),
      monitor_enabled boolean NOT NULL DEFAULT true
    )
  `.execute(db);
}
