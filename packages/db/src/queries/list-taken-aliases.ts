import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** Those of the aliases that a device has. */
export async function listTakenAliases(
  db: Kysely<Database>,
  aliases: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ alias: string }>`
    SELECT alias FROM devices WHERE alias = ANY(${aliases}::text[])
  `.execute(db);
  return rows.map(({ alias }) => alias);
}
