import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import { Counter, Gauge, type Registry } from 'prom-client';
import pg from 'pg';
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
  /** Closes every connection; twice is fine. */
  close(): Promise<void>;
}

const INT8_OID = 20;

/** Only for these connections: setting it on the driver would change every other user of it. */
const exactTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8_OID && format !== 'binary') return (text: string) => BigInt(text);
    return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
  },
};

/** A pool of connections with Kysely on it. Nothing connects before the first query. */
export function openDatabase(options: DatabaseOptions): DatabaseHandle {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    application_name: options.applicationName,
    statement_timeout: options.statementTimeoutMs,
    // A server that went away without a word doesn't answer the cancellation either.
    ...(options.statementTimeoutMs > 0 ? { query_timeout: options.statementTimeoutMs + 2_000 } : {}),
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    types: exactTypes,
  });
  pool.on('error', options.onConnectionError);
  pool.on('connect', (client) => {
    client.on('error', options.onConnectionError);
  });
  const countWait = options.registry ? exposePool(pool, options.poolMax, options.registry) : () => {};

  let closing: Promise<void> | undefined;
  const countedPool = {
    options: pool.options,
    async connect(): Promise<PostgresPoolClient> {
      if (pool.idleCount === 0 && pool.totalCount >= options.poolMax) countWait();
      return pool.connect();
    },
    async end() {
      await pool.end();
    },
  };
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: countedPool }) });
  return {
    db,
    close: () => (closing ??= db.destroy()),
  };
}

function exposePool(pool: pg.Pool, poolMax: number, registry: Registry): () => void {
  const registers = [registry];
  const inUse = () => pool.totalCount - pool.idleCount;
  new Gauge({
    name: 'db_pool_size',
    help: 'The most database connections this process may open',
    registers,
    collect() {
      this.set(poolMax);
    },
  });
  new Gauge({
    name: 'db_pool_in_use',
    help: 'Database connections in use',
    registers,
    collect() {
      this.set(inUse());
    },
  });
  new Gauge({
    name: 'db_pool_utilization_pct',
    help: 'Database connections in use, in percent of db_pool_size',
    registers,
    collect() {
      this.set((100 * inUse()) / poolMax);
    },
  });
  const waits = new Counter({
    name: 'db_pool_waits_total',
    help: 'Queries that had to wait for a database connection because all were in use',
    registers,
  });
  return () => {
    waits.inc();
  };
}
