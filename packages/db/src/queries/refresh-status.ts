import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../tables.ts';
import { STATE_COLUMNS } from './state-columns.ts';
import { statusFromHistory } from './status-from-history.ts';

/** Devices by their ids: after the one, up to and with the other. */
export interface DeviceRange {
  /** Null for the first range. */
  after: string | null;
  through: string;
}

export interface RefreshStatusOptions {
  /** Heartbeats with an event time before this are not looked at. */
  since: Date;
  /** Says what would change and changes nothing. */
  dryRun: boolean;
  /** Whether to say what each changed status was and is; a kilobyte for each. */
  details: boolean;
}

/**
 * What became of a status: there was none; the history had a newer state; it had other values for
 * the same heartbeat; it knew of a later arrival only.
 */
export const STATUS_CHANGES = ['inserted', 'advanced', 'repaired', 'seen_later'] as const;
export type StatusChangeKind = (typeof STATUS_CHANGES)[number];

export type StatusChangeCounts = Record<StatusChangeKind, number>;

/** Columns by name, times as ISO-8601 text. */
type StatusValues = Readonly<Record<string, unknown>>;

export interface StatusChange {
  device_id: string;
  change: StatusChangeKind;
  before: StatusValues | null;
  after: StatusValues;
}

export interface StatusRefresh {
  counts: StatusChangeCounts;
  /** Empty unless details were asked for. */
  changes: StatusChange[];
}

/** History has these only in rows that also have `ts_offset_ms`. */
const LATER_COLUMNS: readonly string[] = ['carrier', 'service_up', 'monitored_foreground_recent_s'];

const COLUMNS = [
  'device_id',
  'last_ts',
  'last_seen_at',
  ...STATE_COLUMNS,
  'monitored_package',
  'monitored_threshold_min',
];
const TAKEN_OVER = sql`c.change IN ('inserted', 'advanced')`;

/** What the heartbeat's row in the history says a column should hold. */
const recorded = (name: string) =>
  LATER_COLUMNS.includes(name)
    ? sql`CASE WHEN h.ts_offset_ms IS NULL THEN coalesce(${of('h', name)}, ${of('s', name)}) ELSE ${of('h', name)} END`
    : of('h', name);

/**
 * The stored state is that of the heartbeat which the history has. Two in one 10 s bucket are told
 * apart by the event time; where history doesn't have it exactly, by whether anything arrived since.
 * The last condition is for statuses that lack arrivals, which are not to be trusted in this.
 */
const SAME_HEARTBEAT = sql`
  CASE WHEN h.ts_offset_ms IS NULL
    THEN s.last_ts < h.ts + interval '10 seconds' AND s.last_seen_at <= h.received_at
    ELSE date_trunc('milliseconds', s.last_ts) = h.last_ts
  END AND s.last_ts >= h.ts AND s.last_seen_at <= h.last_seen_at
`;

const CHANGE = sql`
  CASE
    WHEN s.device_id IS NULL THEN 'inserted'
    WHEN h.last_ts > s.last_ts THEN 'advanced'
    WHEN ${SAME_HEARTBEAT} AND
      (${sql.join(STATE_COLUMNS.map((name) => of('s', name)))})
      IS DISTINCT FROM (${sql.join(STATE_COLUMNS.map(recorded))}) THEN 'repaired'
    WHEN h.last_seen_at > s.last_seen_at THEN 'seen_later'
  END
`;

const NEXT = sql.join([
  sql`h.device_id`,
  sql`CASE WHEN ${TAKEN_OVER} THEN h.last_ts ELSE s.last_ts END AS last_ts`,
  sql`greatest(h.last_seen_at, s.last_seen_at) AS last_seen_at`,
  ...STATE_COLUMNS.map(
    (name) => sql`
      CASE WHEN ${TAKEN_OVER} THEN ${of('h', name)} WHEN c.change = 'repaired' THEN ${recorded(name)}
        ELSE ${of('s', name)} END AS ${sql.ref(name)}
    `,
  ),
  ...['monitored_package', 'monitored_threshold_min'].map(
    (name) =>
      sql`CASE WHEN ${TAKEN_OVER} THEN ${of('h', name)} ELSE ${of('s', name)} END AS ${sql.ref(name)}`,
  ),
]);

/**
 * Brings the last status of the devices to what the history knows, and never backwards: a stored
 * state that is newer stays, and so does a later arrival. Deleted devices are included. Safe beside
 * the writer and others of its kind: every statement locks the rows it changes in the order of the
 * devices, as the dual write does, and judges them by what they hold then.
 *
 * @param db not in a transaction: locks of one statement must not wait for those of the next
 */
export async function refreshStatus(
  db: Kysely<Database>,
  { after, through }: DeviceRange,
  { since, dryRun, details }: RefreshStatusOptions,
): Promise<StatusRefresh> {
  const range = sql`device_id <= ${through}::uuid AND ts >= ${since}
    AND ${after === null ? sql`true` : sql`device_id > ${after}::uuid`}`;
  const due = await judge(db, range, details && dryRun);
  if (dryRun) return summary(due);
  const [missing, stored] = [true, false].map((isMissing) =>
    due.filter(({ change }) => (change === 'inserted') === isMissing).map((row) => row.device_id),
  );
  return summary([
    ...(await insertMissing(db, { ids: missing ?? [], since, details })),
    ...(await updateStored(db, { ids: stored ?? [], since, details })),
  ]);
}

interface ChosenDevices {
  ids: readonly string[];
  since: Date;
  details: boolean;
}

type ChangedRow = Pick<StatusChange, 'device_id' | 'change'> & Partial<StatusChange>;

async function judge(
  db: Kysely<Database>,
  heartbeats: RawBuilder<unknown>,
  details: boolean,
): Promise<ChangedRow[]> {
  const { rows } = await sql<ChangedRow>`
    WITH derived AS MATERIALIZED (${derivedFrom(heartbeats)})
    SELECT n.device_id, c.change ${details ? sql`, ${BEFORE} AS before, to_jsonb(n) AS after` : sql``}
    ${judgement(sql`device_last_status`)}
    ORDER BY n.device_id
  `.execute(db);
  return rows;
}

/** What somebody else inserts meanwhile is left to the next time. */
async function insertMissing(
  db: Kysely<Database>,
  { ids, since, details }: ChosenDevices,
): Promise<ChangedRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<ChangedRow>`
    WITH derived AS MATERIALIZED (${derivedFrom(chosen(ids, since))})
    INSERT INTO device_last_status AS s (${names(COLUMNS)})
    SELECT n.* ${judgement(sql`device_last_status`)} AND c.change = 'inserted'
    ORDER BY n.device_id
    ON CONFLICT (device_id) DO NOTHING
    RETURNING s.device_id, 'inserted' AS change
      ${details ? sql`, NULL::jsonb AS before, to_jsonb(s) - 'seen_bucket' AS after` : sql``}
  `.execute(db);
  return rows;
}

async function updateStored(
  db: Kysely<Database>,
  { ids, since, details }: ChosenDevices,
): Promise<ChangedRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<ChangedRow>`
    WITH derived AS MATERIALIZED (${derivedFrom(chosen(ids, since))}),
    locked AS MATERIALIZED (
      SELECT * FROM device_last_status WHERE device_id = ANY(${ids}::uuid[])
      ORDER BY device_id FOR NO KEY UPDATE
    ), judged AS MATERIALIZED (
      SELECT c.change, ${BEFORE} AS before, n.*
      ${judgement(sql`locked`)} AND c.change <> 'inserted'
    )
    UPDATE device_last_status s
    SET ${sql.join(COLUMNS.slice(1).map((name) => sql`${sql.ref(name)} = ${of('j', name)}`))}
    FROM judged j WHERE s.device_id = j.device_id
    RETURNING j.device_id, j.change
      ${details ? sql`, j.before, to_jsonb(s) - 'seen_bucket' AS after` : sql``}
  `.execute(db);
  return rows;
}

function chosen(ids: readonly string[], since: Date): RawBuilder<unknown> {
  return sql`device_id = ANY(${ids}::uuid[]) AND ts >= ${since}`;
}

const BEFORE = sql`CASE WHEN s.device_id IS NOT NULL THEN to_jsonb(s) - 'seen_bucket' END`;

/** What the history says of the devices that exist, with what they are monitored for. */
function derivedFrom(heartbeats: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    SELECT h.*, CASE WHEN d.monitor_enabled THEN d.monitored_package END AS monitored_package,
      d.monitored_threshold_min
    FROM (${statusFromHistory(heartbeats)}) h JOIN devices d ON d.id = h.device_id
  `;
}

/** Compares `derived h` with what is stored, `s`: the change `c` and the row to be, `n`. */
function judgement(stored: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    FROM derived h LEFT JOIN ${stored} s ON s.device_id = h.device_id
    CROSS JOIN LATERAL (SELECT ${CHANGE} AS change) c
    CROSS JOIN LATERAL (SELECT ${NEXT}) n
    WHERE c.change IS NOT NULL
  `;
}

function summary(rows: readonly ChangedRow[]): StatusRefresh {
  const counts = { inserted: 0, advanced: 0, repaired: 0, seen_later: 0 };
  for (const { change } of rows) counts[change] += 1;
  return { counts, changes: rows.filter((row): row is StatusChange => row.after !== undefined) };
}

function of(table: string, name: string): RawBuilder<unknown> {
  return sql.ref(`${table}.${name}`);
}

function names(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((name) => sql.ref(name)));
}
