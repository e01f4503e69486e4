import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** A device to import; times are text that PostgreSQL understands. */
export interface ImportedDevice {
  id: string;
  alias: string;
  hardware_id: string | null;
  token_id: string | null;
  token_revoked_at: string | null;
  /** Null for now. */
  created_at: string | null;
  app_version: string | null;
  model: string | null;
  manufacturer: string | null;
  android_version: string | null;
  sdk_int: number | null;
  patch_level: string | null;
  build_id: string | null;
  is_device_owner: boolean | null;
  /** Decimal digits, because it has 64 bits. */
  installed_apk_version_code: string | null;
  installed_apk_version_name: string | null;
  fcm_token: string | null;
  /** JSON text. */
  app_versions: string | null;
  facts_hash: string | null;
  monitored_package: string | null;
  monitored_app_name: string | null;
  monitored_threshold_min: number;
  monitor_enabled: boolean;
}

/** What became of one of them, or would. */
export interface DeviceOutcome {
  id: string;
  /** A device with this id was there before, and was left as it is. */
  known: boolean;
  imported: boolean;
  /** Another device has the token, or had it; the device is imported without. */
  token_taken: boolean;
  /** The known device has a token. */
  has_token: boolean;
  /** The known device had none and got, or would get, the one given. */
  token_added: boolean;
  /** The known device has another token, and didn't get it by a rotation. */
  token_differs: boolean;
}

const COLUMN_TYPES: Readonly<Record<keyof ImportedDevice, string>> = {
  id: 'uuid',
  alias: 'text',
  hardware_id: 'text',
  token_id: 'text',
  token_revoked_at: 'timestamptz',
  created_at: 'timestamptz',
  app_version: 'text',
  model: 'text',
  manufacturer: 'text',
  android_version: 'text',
  sdk_int: 'integer',
  patch_level: 'text',
  build_id: 'text',
  is_device_owner: 'boolean',
  installed_apk_version_code: 'bigint',
  installed_apk_version_name: 'text',
  fcm_token: 'text',
  app_versions: 'text',
  facts_hash: 'text',
  monitored_package: 'text',
  monitored_app_name: 'text',
  monitored_threshold_min: 'integer',
  monitor_enabled: 'boolean',
};

/** Columns that are not taken as they are given. */
const VALUES: Readonly<Record<string, ReturnType<typeof sql>>> = {
  token_id: sql`CASE WHEN NOT j.token_taken THEN g.token_id END`,
  created_at: sql`coalesce(g.created_at, now())`,
  app_versions: sql`g.app_versions::jsonb`,
};

/**
 * Imports the devices that are not there yet and whose alias no other device has. Those that are
 * there stay as they are, but for one without a token, which gets it; so running it again changes
 * nothing. Ids, aliases and tokens are each given once.
 */
export async function importDevices(
  db: Kysely<Database>,
  devices: readonly ImportedDevice[],
  dryRun: boolean,
): Promise<DeviceOutcome[]> {
  if (devices.length === 0) return [];
  const names = Object.keys(COLUMN_TYPES);
  const types = Object.entries(COLUMN_TYPES).map(
    ([name, type]) => sql`${sql.ref(name)} ${sql.raw(type)}`,
  );
  const values = names.map((name) => VALUES[name] ?? sql.ref(`g.${name}`));
  const free = sql`FROM given g JOIN judged j ON j.id = g.id WHERE NOT j.known AND NOT j.alias_taken`;
  // In one order everywhere: those who register the same aliases at once wait for one another.
  const insert = sql`
    INSERT INTO devices (${sql.join(names.map((name) => sql.ref(name)))})
    SELECT ${sql.join(values)} ${free} ORDER BY g.alias COLLATE "C"
    ON CONFLICT DO NOTHING RETURNING id
  `;
  const lacking = sql`
    FROM given g JOIN judged j ON j.id = g.id
    WHERE j.known AND NOT j.has_token AND NOT j.token_taken AND g.token_id IS NOT NULL
  `;
  const addTokens = sql`
    UPDATE devices d SET token_id = l.token_id FROM (SELECT g.id, g.token_id ${lacking}) l
    WHERE d.id = l.id RETURNING d.id
  `;
  const { rows } = await sql<DeviceOutcome>`
    WITH given AS (
      SELECT * FROM json_to_recordset(${JSON.stringify(devices)}::json) AS g(${sql.join(types)})
    ), judged AS (
      SELECT g.id, d.id IS NOT NULL AS known,
        EXISTS (SELECT FROM devices o WHERE o.alias = g.alias AND o.id <> g.id) AS alias_taken,
        EXISTS (SELECT FROM devices o WHERE o.token_id = g.token_id AND o.id <> g.id)
          OR EXISTS (
            SELECT FROM device_previous_tokens p
            WHERE p.token_id = g.token_id AND p.device_id <> g.id
          ) AS token_taken,
        d.token_id IS NOT NULL AS has_token,
        d.token_id <> g.token_id AND NOT EXISTS (
          SELECT FROM device_previous_tokens p
          WHERE p.token_id = g.token_id AND p.device_id = g.id
        ) AS token_differs
      FROM given g LEFT JOIN devices d ON d.id = g.id
    ), imported AS (
      ${dryRun ? sql`SELECT g.id ${free}` : insert}
    ), added AS (
      ${dryRun ? sql`SELECT g.id ${lacking}` : addTokens}
    )
    SELECT j.id, j.known, j.token_taken, j.has_token, coalesce(j.token_differs, false) AS token_differs,
      i.id IS NOT NULL AS imported, a.id IS NOT NULL AS token_added
    FROM judged j LEFT JOIN imported i ON i.id = j.id LEFT JOIN added a ON a.id = j.id
  `.execute(db);
  return rows;
}
