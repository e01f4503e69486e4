import { randomUUID } from 'node:crypto';
import { Client, escapeIdentifier } from 'pg';
import { templateDatabaseUrl } from './shared-servers.ts';

export interface TestDatabase {
  url: string;
  /** Runs a statement on a connection of its own. */
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/** A database with all tables and the partitions of the next days, for one test file. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = new URL(templateDatabaseUrl());
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(template);
  url.pathname = `/${name}`;
  const administration = new URL(template);
  administration.pathname = '/postgres';
  const templateName = template.pathname.slice(1);
  await queryDatabase(
    administration.href,
    `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(templateName)}`,
  );
  return {
    url: url.href,
    query: (text, values) => queryDatabase(url.href, text, values),
    drop: async () => {
      const statement = `DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`;
      await queryDatabase(administration.href, statement);
    },
  };
}

/** Runs one statement on a connection of its own. */
export async function queryDatabase<Row extends object>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<Row>(text, values);
    return rows;
  } finally {
    await client.end();
  }
}
