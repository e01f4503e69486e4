import { sql, type Kysely } from 'kysely';

/**
 * What the last status shows and history didn't hold, so that the one can be derived from the other:
 * the legacy reads, the backfill and the reconciliation lose nothing. `ts_offset_ms` is what the
 * event time lies after `ts`; in rows from before, it is unknown and counts as nothing.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE device_heartbeats
      ADD COLUMN ts_offset_ms smallint,
      ADD COLUMN service_up boolean,
      ADD COLUMN monitored_foreground_recent_s integer,
      ADD COLUMN carrier text
  `.execute(db);
}
