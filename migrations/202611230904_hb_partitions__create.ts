import { sql, type Kysely } from 'kysely';

/** The ledger of the history's partitions: what exists, what is archived where, what was dropped. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE hb_partitions (
      partition_name text PRIMARY KEY,
      range_start timestamptz NOT NULL,
      range_end timestamptz NOT NULL CHECK (range_end > range_start),
      state text NOT NULL DEFAULT 'active' CHECK (
        state IN ('active', 'archiving', 'archived', 'archive_failed', 'dropped', 'restored')
      ),
      row_count bigint,
      bytes_size bigint,
      checksum_sha256 text,
      archive_url text,
      archive_bytes bigint,
      archived_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      dropped_at timestamptz,
      restored_at timestamptz,
      error text
    )
  `.execute(db);
  await sql`CREATE INDEX hb_partitions_range_start ON hb_partitions (range_start)`.execute(db);
}
