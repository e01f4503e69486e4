import { sql, type Kysely, type RawBuilder } from 'kysely';
import { addDays, startOfDay, type Day } from '../day.ts';
import type { Database, StateColumns } from '../tables.ts';
import { STATE_COLUMN_TYPES, STATE_COLUMNS } from './state-columns.ts';

/** A heartbeat to import, one of a device and 10 s. */
export interface ImportedHeartbeat extends StateColumns {
  device_id: string;
  /** The start of its 10 s, ms since the epoch. */
  ts: number;
  ts_offset_ms: number;
  /** Microseconds since the epoch. */
  received_at_us: number;
}

/**
 * Imports heartbeats of one day, whose partition exists. What is there already stays, so that running
 * it again changes nothing. The heartbeat that the last status is of gets what the status knows
 * besides, so that the one can still be derived from the other.
 *
 * @param heartbeats sorted by device and time
 * @returns how many were not there, or in a dry run would not be
 */
export async function importHeartbeats(
  db: Kysely<Database>,
  day: Day,
  heartbeats: readonly ImportedHeartbeat[],
  dryRun: boolean,
): Promise<number> {
  if (heartbeats.length === 0) return 0;
  if (dryRun) return heartbeats.length - (await countKnown(db, day, heartbeats));
  const state = (render: (name: string) => RawBuilder<unknown>) =>
    sql.join(STATE_COLUMNS.map((name) => render(name)));
  const result = await sql`
    INSERT INTO device_heartbeats
      (device_id, ts, ts_offset_ms, received_at, ${state((name) => sql.ref(name))})
    SELECT h.device_id, h.ts, h.ts_offset_ms, to_timestamp(h.received_at_us / 1000000),
      ${state((name) => (name === 'temp_c' ? TEMPERATURE : completed(name)))}
    FROM (
      SELECT *, to_timestamp(ts_ms / 1000) AS ts FROM unnest(
        ${array(heartbeats, 'uuid', ({ device_id }) => device_id)},
        ${array(heartbeats, 'float8', ({ ts }) => ts)},
        ${array(heartbeats, 'smallint', ({ ts_offset_ms }) => ts_offset_ms)},
        ${array(heartbeats, 'float8', ({ received_at_us }) => received_at_us)},
        ${sql.join(STATE_COLUMNS.map((name) => array(heartbeats, STATE_COLUMN_TYPES[name], (row) => row[name])))}
      ) AS t(device_id, ts_ms, ts_offset_ms, received_at_us, ${state((name) => sql.ref(name))})
    ) h
    -- OFFSET keeps it a look-up for each row: the planner would rather read the whole table.
    LEFT JOIN LATERAL (
      SELECT * FROM device_last_status s
      WHERE s.device_id = h.device_id AND s.last_ts >= h.ts AND s.last_ts < h.ts + interval '10 seconds'
      OFFSET 0
    ) s ON true
    ON CONFLICT (device_id, ts) DO NOTHING
  `.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

/** The first NexMDM cut the decimals off in its history, and kept them in the last status. */
const TEMPERATURE = sql`CASE WHEN trunc(s.temp_c) = h.temp_c THEN s.temp_c ELSE ${completed('temp_c')} END`;

function completed(name: string): RawBuilder<unknown> {
  return sql`coalesce(${sql.ref(`h.${name}`)}, ${sql.ref(`s.${name}`)})`;
}

async function countKnown(
  db: Kysely<Database>,
  day: Day,
  heartbeats: readonly ImportedHeartbeat[],
): Promise<number> {
  const { rows } = await sql<{ known: number }>`
    SELECT count(*)::integer AS known FROM unnest(
      ${array(heartbeats, 'uuid', ({ device_id }) => device_id)},
      ${array(heartbeats, 'float8', ({ ts }) => ts)}
    ) AS g(device_id, ts_ms)
    JOIN device_heartbeats h ON h.device_id = g.device_id AND h.ts = to_timestamp(g.ts_ms / 1000)
      AND h.ts >= ${startOfDay(day)} AND h.ts < ${startOfDay(addDays(day, 1))}
  `.execute(db);
  return rows[0]?.known ?? 0;
}

/** How many heartbeats a day's partition holds. */
export async function countHeartbeats(db: Kysely<Database>, day: Day): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    SELECT count(*)::text FROM device_heartbeats
    WHERE ts >= ${startOfDay(day)} AND ts < ${startOfDay(addDays(day, 1))}
  `.execute(db);
  return Number(rows[0]?.count ?? 0);
}

function array(
  heartbeats: readonly ImportedHeartbeat[],
  type: string,
  value: (heartbeat: ImportedHeartbeat) => unknown,
): RawBuilder<unknown> {
  return sql`${heartbeats.map(value)}::${sql.raw(type)}[]`;
}
