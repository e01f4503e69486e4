import { sql, type RawBuilder } from 'kysely';

/** What `device_last_status.seen_bucket` is for an arrival; the migration has the same expression. */
export function seenBucket(time: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`date_bin('2 minutes', ${time}, timestamptz '2000-01-01 00:00:00+00')`;
}
