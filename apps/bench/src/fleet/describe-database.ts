import { sql, type Kysely } from 'kysely';
import type { Database } from '@nexmdm/db';

/** The server's version and the size of the database. */
export async function describeDatabase(
  db: Kysely<Database>,
): Promise<{ version: string; bytes: number }> {
  const { rows } = await sql<{ version: string; bytes: bigint }>`
    SELECT current_setting('server_version') AS version,
      pg_database_size(current_database()) AS bytes
  `.execute(db);
  const { version = '', bytes = 0n } = rows[0] ?? {};
  return { version, bytes: Number(bytes) };
}
