import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import { Counter, exposeGauge, type Registry } from '@nexmdm/service';
import pg from 'pg';
import { closeWhenBroken } from './pooled-client.ts';
import type { Database } from './tables.ts';

export interface DatabaseOptions {
  url: string;
  /** The most connections. */
  poolMax: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** A statement is cancelled by the server after this long; 0 for never. */
  statementTimeoutMs: number;
  /** How long a query waits for a free or a new connection. */
  connectTimeoutMs: number;
  /** Told of connections that broke while nobody used them. */
  onConnectionError: (error: Error) => void;
  /** Where the `db_pool_*` metrics go. */
  registry?: Registry;
}

export interface DatabaseHandle {
  db: Kysely<Database>;
  /** Asks the server to break off what runs on the connections; it fails with SQLSTATE 57014. */
  cancelRunning(): Promise<void>;
  /** Closes every connection; twice is fine. */
  close(): Promise<void>;
}

/** Only for these connections: setting it on the driver would change every other user of it. */
const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: Parameters<typeof pg.types.getTypeParser>[0], format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** A pool of connections with Kysely on it. Nothing connects before the first query. */
export function openDatabase(options: DatabaseOptions): DatabaseHandle {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    // A server that went away without a word doesn't answer the cancellation either.
    ...(options.statementTimeoutMs > 0
      ? { query_timeout: options.statementTimeoutMs + 2_000 }
      : {}),
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: exactTypes,
  });
  pool.on('error', options.onConnectionError);
  pool.on('connect', (client) => {
    client.on('error', options.onConnectionError);
  });
  const countWait = options.registry
    ? exposePool(pool, options.poolMax, options.registry)
    : () => {};

  let closing: Promise<void> | undefined;
  const inUse = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => inUse.add(client));
  pool.on('release', (_error, client) => inUse.delete(client));
  const countedPool = {
    options: pool.options,
    async connect(): Promise<PostgresPoolClient> {
      if (pool.idleCount === 0 && pool.totalCount >= options.poolMax) countWait();
      return closeWhenBroken(await pool.connect());
    },
    async end() {
      await pool.end();
    },
  };
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: countedPool }) });
  return {
    db,
    cancelRunning: () => cancelQueries(options, [...inUse].map(processIdOf)),
    close: () => (closing ??= db.destroy()),
  };
}

/** By a connection of its own: those of the pool may all be in use. */
async function cancelQueries(options: DatabaseOptions, processIds: number[]): Promise<void> {
  if (processIds.length === 0) return;
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs,
    query_timeout: options.connectTimeoutMs,
  });
  client.on('error', options.onConnectionError);
  try {
    await client.connect();
    await client.query('SELECT pg_cancel_backend(pid) FROM unnest($1::integer[]) AS pid', [
      processIds,
    ]);
  } finally {
    await client.end();
  }
}

/** The driver's types leave it out. */
function processIdOf(client: pg.PoolClient): number {
  return (client as pg.PoolClient & { processID: number }).processID;
}

function exposePool(pool: pg.Pool, poolMax: number, registry: Registry): () => void {
  const inUse = () => pool.totalCount - pool.idleCount;
  exposeGauge(registry, {
    name: 'db_pool_size',
    help: 'The most database connections this process may open',
    read: () => poolMax,
  });
  exposeGauge(registry, {
    name: 'db_pool_in_use',
    help: 'Database connections in use',
    read: inUse,
  });
  exposeGauge(registry, {
    name: 'db_pool_utilization_pct',
    help: 'Database connections in use, in percent of db_pool_size',
    read: () => (100 * inUse()) / poolMax,
  });
  const waits = new Counter({
    name: 'db_pool_waits_total',
    help: 'Queries that had to wait for a database connection because all were in use',
    registers: [registry],
  });
  return () => {
    waits.inc();
  };
}
