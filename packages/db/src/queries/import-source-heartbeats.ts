import { sql, type QueryExecutorProvider } from 'kysely';
import { addDays, type Day } from '../day.ts';
import type { StateColumns } from '../tables.ts';
import { readByCursor, sourceColumn, stateKind, type SourceTable } from './import-source.ts';
import { STATE_COLUMNS } from './state-columns.ts';

/** A heartbeat of the first NexMDM; columns that it doesn't have are null. */
export interface SourceHeartbeat extends Omit<StateColumns, 'status'> {
  device_id: string;
  /** When it came in, microseconds since the epoch. */
  ts_us: number;
  status: string | null;
}

/**
 * The heartbeats of a day in parts, by device and time.
 *
 * @param andLater also those of every later day
 * @throws ImportSourceError
 */
export function readSourceHeartbeats(
  transaction: QueryExecutorProvider,
  table: SourceTable,
  day: Day,
  andLater: boolean,
  limit: number,
): AsyncGenerator<SourceHeartbeat[]> {
  const state = STATE_COLUMNS.map(
    (name) => sql`${sourceColumn(table, 'h', name, stateKind(name))} AS ${sql.ref(name)}`,
  );
  // As text of no type: it is read as what the column is, with or without a time zone.
  const [from, to] = [day, addDays(day, 1)].map((start) => sql.lit(`${start} 00:00:00+00`));
  const query = sql<SourceHeartbeat>`
    SELECT h.device_id::text AS device_id,
      round(extract(epoch FROM h.ts) * 1000000)::float8 AS ts_us, ${sql.join(state)}
    FROM device_heartbeats h
    WHERE h.ts >= ${from} ${andLater ? sql`` : sql`AND h.ts < ${to}`}
    ORDER BY h.device_id::text COLLATE "C", h.ts ${table.has('hb_id') ? sql`, h.hb_id` : sql``}
  `;
  return readByCursor(transaction, query, limit);
}
