import { sql, type Kysely } from 'kysely';
import { addDays, partitionName, startOfDay, type Day } from '../day.ts';
import { LOCK_NAMESPACE, LOCKS } from '../locks.ts';
import type { Database } from '../tables.ts';

/** How long a statement waits for a lock before it gives way to the writers. */
const LOCK_TIMEOUT = '1s';

/**
 * Makes the partition of a day unless it exists, and its entry in the ledger. Harmless when run
 * twice or at once by several.
 *
 * The table is made on its own and then attached: attaching lets reads and writes of the other
 * partitions go on, while `CREATE TABLE … PARTITION OF` would lock them all out.
 *
 * @returns whether it was made now
 * @throws a database error, a lock timeout (see sqlstate.ts) among them: try again
 */
export async function ensurePartition(db: Kysely<Database>, day: Day): Promise<boolean> {
  const name = partitionName(day);
  if (await isAttached(db, name)) return false;
  return db.transaction().execute(async (trx) => {
    await sql`SET LOCAL lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(trx);
    await sql`SELECT pg_advisory_xact_lock(${LOCK_NAMESPACE}::integer, ${LOCKS.partitions}::integer)`.execute(
      trx,
    );
    if (await isAttached(trx, name)) return false;
    const table = sql.table(name);
    const [from, to] = [day, addDays(day, 1)].map((bound) => startOfDay(bound).toISOString());
    await sql`CREATE TABLE IF NOT EXISTS ${table} (LIKE device_heartbeats INCLUDING ALL)`.execute(
      trx,
    );
    await sql`
      ALTER TABLE device_heartbeats ATTACH PARTITION ${table}
      FOR VALUES FROM (${sql.lit(from)}) TO (${sql.lit(to)})
    `.execute(trx);
    await sql`
      INSERT INTO hb_partitions (partition_name, range_start, range_end)
      VALUES (${name}, ${from}, ${to})
      ON CONFLICT (partition_name) DO UPDATE SET state = 'active', dropped_at = NULL
      WHERE hb_partitions.state = 'dropped'
    `.execute(trx);
    return true;
  });
}

/** A partition whose detaching was begun, and perhaps broken off, takes no rows any more. */
async function isAttached(db: Kysely<Database>, name: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT 1 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'device_heartbeats'::regclass AND c.relname = ${name}
      AND NOT i.inhdetachpending
  `.execute(db);
  return rows.length > 0;
}
