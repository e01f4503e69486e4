import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** How many last statuses are from before what the history reaches back to. */
export async function countForgotten(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ forgotten: number }>`
    SELECT count(*)::integer AS forgotten FROM device_last_status
    WHERE last_ts < coalesce(
      (SELECT min(range_start) FROM hb_partitions WHERE state <> 'dropped'), 'infinity'
    )
  `.execute(db);
  return rows[0]?.forgotten ?? 0;
}
