import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** A device to register together with others. */
export interface BulkDevice {
  id: string;
  alias: string;
  hardware_id: string | null;
  /** Hex sha256 of its token. */
  token_id: string;
}

/** Other devices have some of the aliases. */
export class AliasesTakenError extends Error {
  override readonly name = 'AliasesTakenError';
  readonly aliases: readonly string[];

  constructor(aliases: readonly string[]) {
    super(`${aliases.length} aliases are taken by other devices`);
    this.aliases = aliases;
  }
}

/**
 * Registers all of the devices, or none.
 *
 * @param devices with an alias each of its own
 * @throws AliasesTakenError
 */
export async function insertDevices(
  db: Kysely<Database>,
  devices: readonly BulkDevice[],
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // In one order everywhere: two that register the same aliases then wait for one another, and
    // not each for the other.
    const { rows } = await sql<{ alias: string }>`
      INSERT INTO devices (id, alias, hardware_id, token_id)
      SELECT * FROM unnest(
        ${devices.map(({ id }) => id)}::uuid[],
        ${devices.map(({ alias }) => alias)}::text[],
        ${devices.map(({ hardware_id }) => hardware_id)}::text[],
        ${devices.map(({ token_id }) => token_id)}::text[]
      ) AS d (id, alias, hardware_id, token_id)
      ORDER BY d.alias COLLATE "C"
      ON CONFLICT (alias) DO NOTHING
      RETURNING alias
    `.execute(trx);
    if (rows.length === devices.length) return;
    const inserted = new Set(rows.map(({ alias }) => alias));
    // Thrown, so that nothing of it is kept.
    throw new AliasesTakenError(
      devices.map(({ alias }) => alias).filter((alias) => !inserted.has(alias)),
    );
  });
}
