import { sql, type Kysely } from 'kysely';

/**
 * For search, filters and sorts of the listing. A device whose `facts_hash` is set has reported:
 * those that never did are among the others.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE EXTENSION IF NOT EXISTS pg_trgm`.execute(db);
  for (const index of [
    'devices_alias_trigrams ON devices USING gin (alias gin_trgm_ops)',
    'devices_created_at ON devices (created_at, id)',
    'devices_version_code ON devices (installed_apk_version_code, alias) WHERE deleted_at IS NULL',
    'devices_not_reported ON devices (alias) WHERE facts_hash IS NULL',
    'devices_deleted_at ON devices (deleted_at, id) WHERE deleted_at IS NOT NULL',
  ]) {
    await sql`CREATE INDEX ${sql.raw(index)}`.execute(db);
  }
}
