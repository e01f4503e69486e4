import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration, type MigrationProvider } from 'kysely/migration';
import { LOCK_NAMESPACE, LOCKS } from './locks.ts';
import type { Database } from './tables.ts';

const MIGRATION_FILE = /^(\d{12}_\w+__\w+)\.ts$/;

/** A migration could not be run; the ones before it were. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

function migrationsIn(folder: string): MigrationProvider {
  return {
    async getMigrations() {
      const migrations: Record<string, Migration> = {};
      for (const file of (await readdir(folder)).sort()) {
        const name = MIGRATION_FILE.exec(file)?.[1];
        if (name === undefined) continue;
        const url = pathToFileURL(path.join(folder, file)).href;
        migrations[name] = (await import(url)) as Migration;
      }
      return migrations;
    },
  };
}

/**
 * Runs the migrations that the database doesn't have yet, all in one transaction. Of several at
 * once, one works and the others wait for it.
 *
 * @param folder where the migration files are
 * @returns the names of those run now
 * @throws MigrationError
 */
export async function migrate(db: Kysely<Database>, folder: string): Promise<string[]> {
  return db.connection().execute(async (connection) => {
    const key = sql`${LOCK_NAMESPACE}::integer, ${LOCKS.migrate}::integer`;
    await sql`SELECT pg_advisory_lock(${key})`.execute(connection);
    try {
      const migrator = new Migrator({ db: connection, provider: migrationsIn(folder) });
      const { error, results = [] } = await migrator.migrateToLatest();
      if (error !== undefined) {
        const failed = results.find((result) => result.status === 'Error');
        const what = failed === undefined ? 'Migrating' : `Migration ${failed.migrationName}`;
        throw new MigrationError(`${what} failed: ${messageOf(error)}`, { cause: error });
      }
      return results.map((result) => result.migrationName);
    } finally {
      // When the connection is lost the lock is too, and the error that counts is another.
      await sql`SELECT pg_advisory_unlock(${key})`.execute(connection).catch(() => undefined);
    }
  });
}

/** The migrations in the folder that the database doesn't have. */
export async function listPendingMigrations(
  db: Kysely<Database>,
  folder: string,
): Promise<string[]> {
  const migrator = new Migrator({ db, provider: migrationsIn(folder) });
  const migrations = await migrator.getMigrations();
  return migrations.filter((one) => one.executedAt === undefined).map((one) => one.name);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
