import { sql, type Kysely } from 'kysely';
import type { Database, StateColumns } from '../tables.ts';
import { STATE_COLUMN_TYPES, STATE_COLUMNS } from './state-columns.ts';

/** The last status of a device to import; times are text that PostgreSQL understands. */
export interface ImportedStatus extends StateColumns {
  device_id: string;
  last_ts: string;
  last_seen_at: string;
  monitored_package: string | null;
  monitored_threshold_min: number | null;
}

export interface StatusOutcome {
  /** There was none before. */
  imported: number;
  /** The one that was there was older, or seen earlier. */
  advanced: number;
  /** As new or newer was there. */
  known: number;
}

const STATE = [...STATE_COLUMNS, 'monitored_package', 'monitored_threshold_min'];
const TYPES: Readonly<Record<string, string>> = {
  device_id: 'uuid',
  last_ts: 'timestamptz',
  last_seen_at: 'timestamptz',
  ...STATE_COLUMN_TYPES,
  monitored_package: 'text',
  monitored_threshold_min: 'integer',
};
const NAMES = sql.join(Object.keys(TYPES).map((name) => sql.ref(name)));
const DEFINITIONS = sql.join(
  Object.entries(TYPES).map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(type)}`),
);

/** As in the dual write, but that of equally old states the one which is there stays. */
const CHANGES = sql.join([
  sql`last_ts = greatest(s.last_ts, excluded.last_ts)`,
  sql`last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)`,
  ...STATE.map((name) => {
    const column = sql.ref(name);
    return sql`${column} = CASE WHEN excluded.last_ts > s.last_ts THEN excluded.${column} ELSE s.${column} END`;
  }),
]);

/** Imports last statuses, one of a device, and moves none backwards. Running it again changes nothing. */
export async function importStatuses(
  db: Kysely<Database>,
  statuses: readonly ImportedStatus[],
  dryRun: boolean,
): Promise<StatusOutcome> {
  if (statuses.length === 0) return { imported: 0, advanced: 0, known: 0 };
  const upsert = sql`
    , upserted AS (
      INSERT INTO device_last_status AS s (${NAMES})
      SELECT ${NAMES} FROM given ORDER BY device_id
      ON CONFLICT (device_id) DO UPDATE SET ${CHANGES}
      WHERE excluded.last_ts > s.last_ts OR excluded.last_seen_at > s.last_seen_at
    )
  `;
  const { rows } = await sql<StatusOutcome>`
    WITH given AS (
      SELECT * FROM json_to_recordset(${JSON.stringify(statuses)}::json) AS g(${DEFINITIONS})
    ) ${dryRun ? sql`` : upsert}
    SELECT (count(*) FILTER (WHERE s.device_id IS NULL))::integer AS imported,
      (count(*) FILTER (WHERE g.last_ts > s.last_ts OR g.last_seen_at > s.last_seen_at))::integer
        AS advanced,
      (count(*) FILTER (WHERE g.last_ts <= s.last_ts AND g.last_seen_at <= s.last_seen_at))::integer
        AS known
    FROM given g LEFT JOIN device_last_status s ON s.device_id = g.device_id
  `.execute(db);
  return rows[0] ?? { imported: 0, advanced: 0, known: 0 };
}
