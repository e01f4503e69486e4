import type { HeartbeatRecord } from '@nexmdm/contracts';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../tables.ts';
import { STATE_COLUMN_TYPES, STATE_COLUMNS, type StateColumn } from './state-columns.ts';

/** History holds one row per device and 10 s. */
export const BUCKET_MS = 10_000;

export interface DualWriteResult {
  /** New rows in the history. */
  written: number;
  /** Heartbeats whose bucket was taken already, by this batch or before it. */
  deduplicated: number;
  /** Last statuses inserted or moved forward. */
  statusUpserts: number;
}

interface Row {
  record: HeartbeatRecord;
  /** The bucket's start, ms since the epoch. */
  ts: number;
  forHistory: boolean;
  forStatus: boolean;
  /** The latest arrival among the device's heartbeats of this batch. */
  seenAt: number;
}

/** State that only the last status keeps. */
const STATUS_COLUMNS = {
  monitored_package: 'text',
  monitored_threshold_min: 'integer',
} as const;

const stateColumns = Object.entries({ ...STATE_COLUMN_TYPES, ...STATUS_COLUMNS }) as [
  StateColumn | keyof typeof STATUS_COLUMNS,
  string,
][];

const columns = (names: readonly string[]) => sql.join(names.map((name) => sql.ref(name)));
const SHARED = columns(STATE_COLUMNS);
const STATE = columns(stateColumns.map(([name]) => name));

/**
 * The older of two states never wins, and of equally old ones the later arrival does. The time a
 * device was seen only ever moves forward, whatever its clock says.
 */
const STATUS_CHANGES = sql.join([
  sql`last_ts = greatest(s.last_ts, excluded.last_ts)`,
  sql`last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at)`,
  ...stateColumns.map(([name]) => {
    const column = sql.ref(name);
    return sql`${column} = CASE WHEN excluded.last_ts >= s.last_ts THEN excluded.${column} ELSE s.${column} END`;
  }),
]);

/**
 * Writes a batch into history and last status in one statement, so that both or neither have it.
 * Running it again with the same batch changes nothing. Rows are sorted by device, so that
 * concurrent batches wait for each other and never deadlock.
 *
 * @throws a database error; see sqlstate.ts for what it means
 */
export async function dualWrite(
  db: Kysely<Database>,
  records: readonly HeartbeatRecord[],
): Promise<DualWriteResult> {
  if (records.length === 0) return { written: 0, deduplicated: 0, statusUpserts: 0 };
  const rows = selectRows(records);
  const { rows: results } = await sql<{ written: number; status_upserts: number }>`
    WITH batch AS (
      SELECT * FROM unnest(
        ${array(rows, 'uuid', ({ record }) => record.device_id)},
        ${array(rows, 'float8', ({ ts }) => ts)},
        ${array(rows, 'float8', ({ record }) => record.event_at)},
        ${array(rows, 'float8', ({ record }) => record.received_at)},
        ${array(rows, 'float8', ({ record }) => record.device_time)},
        ${array(rows, 'float8', ({ seenAt }) => seenAt)},
        ${array(rows, 'boolean', ({ forHistory }) => forHistory)},
        ${array(rows, 'boolean', ({ forStatus }) => forStatus)},
        ${sql.join(
          stateColumns.map(([name, type]) => array(rows, type, ({ record }) => record[name])),
        )}
      ) AS t(device_id, ts, event_at, received_at, device_time, seen_at, for_history, for_status, ${STATE})
    ), history AS (
      INSERT INTO device_heartbeats (device_id, ts, ts_offset_ms, received_at, device_time, ${SHARED})
      SELECT device_id, to_timestamp(ts / 1000), (event_at - ts)::smallint,
        to_timestamp(received_at / 1000), to_timestamp(device_time / 1000), ${SHARED}
      FROM batch WHERE for_history
      ON CONFLICT (device_id, ts) DO NOTHING
      RETURNING 1
    ), status AS (
      INSERT INTO device_last_status AS s (device_id, last_ts, last_seen_at, ${STATE})
      SELECT device_id, to_timestamp(event_at / 1000), to_timestamp(seen_at / 1000), ${STATE}
      FROM batch WHERE for_status
      ON CONFLICT (device_id) DO UPDATE SET ${STATUS_CHANGES}
      WHERE excluded.last_ts >= s.last_ts OR excluded.last_seen_at > s.last_seen_at
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM history)::integer AS written,
      (SELECT count(*) FROM status)::integer AS status_upserts
  `.execute(db);
  const written = results[0]?.written ?? 0;
  return {
    written,
    deduplicated: records.length - written,
    statusUpserts: results[0]?.status_upserts ?? 0,
  };
}

/**
 * Marks, for each device, the first heartbeat of each bucket (for history) and the newest one (for
 * the status); what is neither is left out.
 */
function selectRows(records: readonly HeartbeatRecord[]): Row[] {
  const firstOfBucket = new Set<string>();
  const newestOfDevice = new Map<string, Row>();
  const rows: Row[] = [];
  for (const record of records) {
    const ts = Math.floor(record.event_at / BUCKET_MS) * BUCKET_MS;
    const bucket = `${record.device_id}${ts}`;
    const row: Row = {
      record,
      ts,
      forHistory: !firstOfBucket.has(bucket),
      forStatus: true,
      seenAt: record.received_at,
    };
    firstOfBucket.add(bucket);
    const newest = newestOfDevice.get(record.device_id);
    if (newest !== undefined) {
      const seenAt = Math.max(newest.seenAt, row.seenAt);
      const [newer, older] =
        record.event_at >= newest.record.event_at ? [row, newest] : [newest, row];
      older.forStatus = false;
      newer.seenAt = seenAt;
      newestOfDevice.set(record.device_id, newer);
    } else {
      newestOfDevice.set(record.device_id, row);
    }
    rows.push(row);
  }
  return rows.filter((row) => row.forHistory || row.forStatus).sort(byDevice);
}

function byDevice(a: Row, b: Row): number {
  const [left, right] = [a.record.device_id, b.record.device_id];
  return left < right ? -1 : left > right ? 1 : a.ts - b.ts;
}

function array(
  rows: readonly Row[],
  type: string,
  value: (row: Row) => unknown,
): RawBuilder<unknown> {
  return sql`${rows.map(value)}::${sql.raw(type)}[]`;
}
