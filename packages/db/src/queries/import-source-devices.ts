import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import type { StateColumns } from '../tables.ts';
import {
  readByCursor,
  sourceColumn,
  stateKind,
  type ColumnKind,
  type ImportSource,
} from './import-source.ts';
import { STATE_COLUMNS } from './state-columns.ts';

/** A device of the first NexMDM as it is stored there; times are PostgreSQL's text, in UTC. */
export interface SourceDevice {
  id: string | null;
  alias: string | null;
  hardware_id: string | null;
  token_id: string | null;
  token_revoked_at: string | null;
  created_at: string | null;
  last_seen: string | null;
  /** Seconds from `created_at` to `last_seen`, which the first NexMDM sets both at the registration. */
  seen_after_s: number | null;
  /** The last heartbeat as JSON, and not always whole. */
  last_status: string | null;
  app_version: string | null;
  model: string | null;
  manufacturer: string | null;
  android_version: string | null;
  sdk_int: number | null;
  patch_level: string | null;
  build_id: string | null;
  is_device_owner: boolean | null;
  installed_apk_version_code: string | null;
  installed_apk_version_name: string | null;
  fcm_token: string | null;
  monitored_package: string | null;
  monitored_app_name: string | null;
  monitored_threshold_min: number | null;
  monitor_enabled: boolean | null;
  monitoring_use_defaults: boolean | null;
  /** One of its times is later than it can be; see `readSourceDevices`. */
  time_in_future: boolean;
  /** Its row of `device_last_status`. */
  state: SourceState | null;
}

/** Columns that the source doesn't have are left out. */
export interface SourceState extends Partial<Nullable<StateColumns>> {
  last_ts: string | null;
  monitored_package?: string | null;
  monitored_threshold_min?: number | null;
}

type Nullable<T> = { [Key in keyof T]: T[Key] | null };

const DEVICE_COLUMNS: Readonly<Record<string, ColumnKind>> = {
  id: 'text',
  alias: 'text',
  hardware_id: 'text',
  token_id: 'text',
  token_revoked_at: 'time',
  created_at: 'time',
  last_seen: 'time',
  last_status: 'text',
  app_version: 'text',
  model: 'text',
  manufacturer: 'text',
  android_version: 'text',
  sdk_int: 'number',
  patch_level: 'text',
  build_id: 'text',
  is_device_owner: 'boolean',
  installed_apk_version_code: 'int64',
  installed_apk_version_name: 'text',
  fcm_token: 'text',
  monitored_package: 'text',
  monitored_app_name: 'text',
  monitored_threshold_min: 'number',
  monitor_enabled: 'boolean',
  monitoring_use_defaults: 'boolean',
};

const STATUS_COLUMNS: Readonly<Record<string, ColumnKind>> = {
  last_ts: 'time',
  ...Object.fromEntries(STATE_COLUMNS.map((name) => [name, stateKind(name)])),
  monitored_package: 'text',
  monitored_threshold_min: 'number',
};

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/**
 * Every device with its last status, in parts. Of those that claim the same alias or token the one
 * that is in use comes first: not revoked, and seen last.
 *
 * @param latest what is later than this is not known, and null; but what is revoked then is revoked
 * @throws ImportSourceError
 */
export function readSourceDevices(
  transaction: QueryExecutorProvider,
  { devices, lastStatus }: ImportSource,
  latest: Date,
  limit: number,
): AsyncGenerator<SourceDevice[]> {
  // Written out: a cursor takes no parameters.
  const bound = sql`${sql.lit(latest.toISOString())}::timestamptz`;
  const known = (time: RawBuilder<unknown>) =>
    sql`CASE WHEN isfinite(${time}) AND ${time} <= ${bound} THEN ${time} END`;
  const device = (name: string) => sourceColumn(devices, 'd', name, DEVICE_COLUMNS[name] ?? 'text');
  const [createdAt, lastSeen] = [known(device('created_at')), known(device('last_seen'))];
  const revokedAt = device('token_revoked_at');
  const stateAt = sourceColumn(lastStatus, 's', 'last_ts', 'time');
  const columns = {
    ...Object.fromEntries(Object.keys(DEVICE_COLUMNS).map((name) => [name, device(name)])),
    token_revoked_at: textOf(
      sql`CASE WHEN ${revokedAt} > ${bound} THEN ${bound} ELSE ${revokedAt} END`,
    ),
    created_at: textOf(createdAt),
    last_seen: textOf(lastSeen),
    seen_after_s: sql`extract(epoch FROM ${lastSeen} - ${createdAt})::float8`,
    time_in_future: sql`coalesce(${bound} < greatest(
      ${revokedAt}, ${device('created_at')}, ${device('last_seen')}, ${stateAt}
    ), false)`,
    state: stateOf(lastStatus, known(stateAt)),
  };
  const selected = Object.entries(columns).map(
    ([name, value]) => sql`${value} AS ${sql.ref(name)}`,
  );
  const query = sql<SourceDevice>`
    SELECT ${sql.join(selected)}
    FROM devices d
    ${
      lastStatus === undefined
        ? sql``
        : sql`LEFT JOIN device_last_status s ON s.device_id::text = d.id::text`
    }
    ORDER BY d.id::text ~* ${sql.lit(UUID)} DESC, ${revokedAt} IS NOT NULL,
      coalesce(${lastSeen}, ${known(stateAt)}, ${createdAt}) DESC NULLS LAST,
      d.id::text COLLATE "C"
  `;
  return readByCursor(transaction, query, limit);
}

function stateOf(
  lastStatus: ImportSource['lastStatus'],
  lastTs: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (lastStatus === undefined) return sql`NULL::json`;
  const columns = Object.entries(STATUS_COLUMNS)
    .filter(([name]) => lastStatus.has(name))
    .map(([name, kind]) => {
      const value = name === 'last_ts' ? textOf(lastTs) : sourceColumn(lastStatus, 's', name, kind);
      return sql`${value} AS ${sql.ref(name)}`;
    });
  return sql`
    CASE WHEN s.device_id IS NOT NULL THEN
      (SELECT row_to_json(state) FROM (SELECT ${sql.join(columns)}) state)
    END
  `;
}

function textOf(time: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(${time})::text`;
}

/** What devices that use the defaults are monitored for. */
export interface MonitoringDefaults {
  package: string | null;
  app_name: string | null;
  threshold_min: number | null;
  enabled: boolean | null;
}

/** Undefined when the source has no such table; else its row, or what the first NexMDM took without one. */
export async function readMonitoringDefaults(
  transaction: QueryExecutorProvider,
  { monitoringDefaults: table }: ImportSource,
): Promise<MonitoringDefaults | undefined> {
  if (table === undefined) return undefined;
  const { rows } = await sql<MonitoringDefaults>`
    SELECT ${sourceColumn(table, 'm', 'package', 'text')} AS package,
      ${sourceColumn(table, 'm', 'alias', 'text')} AS app_name,
      ${sourceColumn(table, 'm', 'threshold_min', 'number')} AS threshold_min,
      ${sourceColumn(table, 'm', 'enabled', 'boolean')} AS enabled
    FROM monitoring_defaults m LIMIT 1
  `.execute(transaction);
  return rows[0] ?? BUILT_IN_DEFAULTS;
}

const BUILT_IN_DEFAULTS: MonitoringDefaults = {
  package: 'io.unitynodes.unityapp',
  app_name: 'Unity App',
  threshold_min: 10,
  enabled: true,
};
