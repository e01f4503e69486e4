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
    close: () => (closing ??= db.destroy()),
  };
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
