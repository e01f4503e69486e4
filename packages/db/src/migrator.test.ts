import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, queryDatabase, REPOSITORY, type TestDatabase } from '@nexmdm/testing';
import { listPendingMigrations, migrate, MigrationError } from './migrator.ts';
import type { DatabaseHandle } from './pool.ts';
import { openTestDatabase } from '../test/database.ts';

const MIGRATIONS = path.join(REPOSITORY, 'migrations');

let template: TestDatabase;
let name: string;
let url: string;
let folder: string;
const opened: DatabaseHandle[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-migrations-'));
  template = await createTestDatabase();
  name = `empty_${randomUUID().replaceAll('-', '')}`;
  await queryDatabase(template.url, `CREATE DATABASE ${name} TEMPLATE template0`);
  const empty = new URL(template.url);
  empty.pathname = `/${name}`;
  url = empty.href;
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((handle) => handle.close()));
  await queryDatabase(template.url, `DROP DATABASE ${name} WITH (FORCE)`);
  await template.drop();
  await rm(folder, { recursive: true, force: true });
});

function open(poolMax = 1): DatabaseHandle {
  const handle = openTestDatabase(url, { poolMax, statementTimeoutMs: 0 });
  opened.push(handle);
  return handle;
}

const addMigration = (file: string, statement: string) =>
  writeFile(
    path.join(folder, file),
    `export async function up(db) {
       await db.executeQuery({ sql: ${JSON.stringify(statement)}, parameters: [], query: { kind: 'RawNode' } });
     }`,
  );
const tables = async () => {
  const rows = await queryDatabase<{ tablename: string }>(
    url,
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  return rows.map((row) => row.tablename).filter((table) => !table.startsWith('kysely_'));
};

describe('migrating', () => {
  test('makes the tables, once', async () => {
    const { db } = open();
    const pending = await listPendingMigrations(db, MIGRATIONS);
    expect(pending.length).toBeGreaterThan(0);
    expect(await migrate(db, MIGRATIONS)).toEqual(pending);
    expect(await tables()).toEqual(
      expect.arrayContaining([
        'devices',
        'device_heartbeats',
        'device_last_status',
        'hb_partitions',
      ]),
    );
    expect(await listPendingMigrations(db, MIGRATIONS)).toEqual([]);
    expect(await migrate(db, MIGRATIONS)).toEqual([]);
  });

  test('by four at once does the work once and fails for none', async () => {
    const runs = await Promise.all([1, 2, 3, 4].map(() => migrate(open().db, MIGRATIONS)));
    const done = runs.filter((names) => names.length > 0);
    expect(done).toHaveLength(1);
    expect(await listPendingMigrations(open().db, MIGRATIONS)).toEqual([]);
  });

  test('runs files in the order of their names, and no other files', async () => {
    await addMigration('202601020000_b__create.ts', 'CREATE TABLE b AS SELECT * FROM a');
    await addMigration('202601010000_a__create.ts', 'CREATE TABLE a (id integer)');
    await writeFile(path.join(folder, 'README.md'), 'text');
    await addMigration('c__create.ts', 'CREATE TABLE c (id integer)');
    const { db } = open();
    expect(await migrate(db, folder)).toEqual(['202601010000_a__create', '202601020000_b__create']);
    expect(await tables()).toEqual(['a', 'b']);
    await addMigration('202601030000_d__create.ts', 'CREATE TABLE d (id integer)');
    expect(await migrate(db, folder)).toEqual(['202601030000_d__create']);
  });

  test('leaves nothing behind when one of them fails, and names it', async () => {
    await addMigration('202601010000_a__create.ts', 'CREATE TABLE a (id integer)');
    await addMigration('202601020000_b__create.ts', 'CREATE TABEL b (id integer)');
    const { db } = open();
    const error = await migrate(db, folder).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(MigrationError);
    expect((error as MigrationError).message).toMatch(
      /^Migration 202601020000_b__create failed: .*TABEL/,
    );
    expect((error as MigrationError).cause).toMatchObject({ code: '42601' });
    expect(await tables()).toEqual([]);
    expect(await listPendingMigrations(db, folder)).toHaveLength(2);
    await addMigration('202601030000_c__create.ts', 'CREATE TABLE c (id integer)');
    await rm(path.join(folder, '202601020000_b__create.ts'));
    expect(await migrate(db, folder)).toEqual(['202601010000_a__create', '202601030000_c__create']);
  });

  test('says what is wrong when it can’t even begin', async () => {
    await writeFile(path.join(folder, '202601010000_a__create.ts'), 'export async function up( {');
    const error = await migrate(open().db, folder).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(MigrationError);
    expect((error as MigrationError).message).toMatch(/^Migrating failed: .+/);
    await expect(migrate(open().db, path.join(folder, 'nowhere'))).rejects.toThrow(/ENOENT/);
  });

  test('refuses a folder that lacks what the database has had', async () => {
    await addMigration('202601010000_a__create.ts', 'CREATE TABLE a (id integer)');
    const { db } = open();
    await migrate(db, folder);
    await rm(path.join(folder, '202601010000_a__create.ts'));
    await addMigration('202601020000_b__create.ts', 'CREATE TABLE b (id integer)');
    await expect(migrate(db, folder)).rejects.toThrow('202601010000_a__create');
    expect(await tables()).toEqual(['a']);
  });

  test('lets go of its lock, also when it failed or lost its connection', async () => {
    await addMigration(
      '202601010000_a__create.ts',
      'SELECT pg_terminate_backend(pg_backend_pid())',
    );
    const error = await migrate(open().db, folder).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(MigrationError);
    await addMigration('202601010000_a__create.ts', 'CREATE TABLE a (id integer)');
    expect(await migrate(open().db, MIGRATIONS)).not.toEqual([]);
    expect(await queryDatabase(url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).toEqual(
      [],
    );
  });
});
