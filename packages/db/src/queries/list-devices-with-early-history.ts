import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { statusFromHistory } from './status-from-history.ts';

/**
 * Devices whose newest heartbeat was stored before the history had all of the state: its exact time,
 * the carrier and whether the monitored app was in use are not known. Of the fleet, or of some.
 */
export async function listDevicesWithEarlyHistory(
  db: Kysely<Database>,
  ids?: readonly string[],
): Promise<string[]> {
  const wanted = ids === undefined ? sql`true` : sql`device_id = ANY(${ids}::uuid[])`;
  const { rows } = await sql<{ device_id: string }>`
    SELECT device_id FROM (${statusFromHistory(wanted)}) s WHERE ts_offset_ms IS NULL
  `.execute(db);
  return rows.map((row) => row.device_id);
}
