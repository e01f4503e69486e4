import { sql, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { STATE_COLUMN_TYPES, type StateColumn } from './state-columns.ts';

/**
 * A database of the first NexMDM: its tables bear the names of ours and look different. Times are
 * mostly `timestamp without time zone` and hold UTC. Older installations lack columns.
 */
export interface ImportSource {
  devices: SourceTable;
  /** Undefined in installations from before it. */
  lastStatus: SourceTable | undefined;
  /** Undefined where there is no history. */
  heartbeats: SourceTable | undefined;
  /** What devices with `monitoring_use_defaults` are monitored for; undefined where they have no table. */
  monitoringDefaults: SourceTable | undefined;
}

/** The columns that are there, with their types. */
export type SourceTable = ReadonlyMap<string, string>;

/** The database can't be imported from. */
export class ImportSourceError extends Error {
  override readonly name = 'ImportSourceError';
}

const NUMBERS = ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'];
const TIMES = ['timestamp without time zone', 'timestamp with time zone'];

/** What a column is read as, and the types it may have for that; text may be anything. */
const KINDS = {
  text: { cast: 'text', types: undefined },
  time: { cast: 'timestamptz', types: TIMES },
  number: { cast: 'float8', types: NUMBERS },
  /** Every digit of a 64-bit number, as text. */
  int64: { cast: 'text', types: NUMBERS },
  boolean: { cast: 'boolean', types: ['boolean'] },
} as const satisfies Record<string, { cast: string; types: readonly string[] | undefined }>;

export type ColumnKind = keyof typeof KINDS;

export function stateKind(name: StateColumn): ColumnKind {
  const type = STATE_COLUMN_TYPES[name];
  return type === 'text' || type === 'boolean' ? type : 'number';
}

const REQUIRED = {
  devices: ['id', 'alias', 'token_id'],
  device_last_status: ['device_id', 'last_ts'],
  device_heartbeats: ['device_id', 'ts'],
  monitoring_defaults: ['enabled', 'package', 'threshold_min'],
} as const;

/**
 * Looks what is there.
 *
 * @throws ImportSourceError when it is not a database of the first NexMDM
 */
export async function readImportSource(source: QueryExecutorProvider): Promise<ImportSource> {
  const { rows } = await sql<{ table: string; columns: Record<string, string> | null }>`
    SELECT t.name AS table, (
      SELECT jsonb_object_agg(a.attname, format_type(a.atttypid, NULL)) FROM pg_attribute a
      WHERE a.attrelid = to_regclass(t.name) AND a.attnum > 0 AND NOT a.attisdropped
    ) AS columns
    FROM unnest(${[...Object.keys(REQUIRED), 'device_auth_changes']}::text[]) AS t(name)
  `.execute(source);
  const found = new Map(rows.map(({ table, columns }) => [table, columns ?? undefined]));
  if (found.get('device_auth_changes') !== undefined) {
    throw new ImportSourceError('it is a database of this NexMDM, not of the first one');
  }
  const table = (name: keyof typeof REQUIRED): SourceTable | undefined => {
    const columns = found.get(name);
    if (columns === undefined) return undefined;
    const missing = REQUIRED[name].filter((column) => columns[column] === undefined);
    if (missing.length === 0) return new Map(Object.entries(columns));
    throw new ImportSourceError(`its table ${name} has no column ${missing.join(', ')}`);
  };
  const devices = table('devices');
  if (devices === undefined) {
    throw new ImportSourceError('it has no table devices, so it is not of the first NexMDM');
  }
  return {
    devices,
    lastStatus: table('device_last_status'),
    heartbeats: table('device_heartbeats'),
    monitoringDefaults: table('monitoring_defaults'),
  };
}

/**
 * Makes the times of this transaction UTC and their text ISO-8601, and plans cursors for being read
 * to their end.
 */
export async function prepareImportSource(transaction: QueryExecutorProvider): Promise<void> {
  await sql`SET LOCAL TimeZone = 'UTC'`.execute(transaction);
  await sql`SET LOCAL DateStyle = 'ISO'`.execute(transaction);
  await sql`SET LOCAL cursor_tuple_fraction = 1`.execute(transaction);
}

/**
 * A column as it is read, null where there is none.
 *
 * @throws ImportSourceError when it holds something else than it should
 */
export function sourceColumn(
  table: SourceTable | undefined,
  alias: string,
  name: string,
  kind: ColumnKind,
): RawBuilder<unknown> {
  const { cast, types } = KINDS[kind];
  const type = table?.get(name);
  if (type === undefined) return sql`NULL::${sql.raw(cast)}`;
  if (types !== undefined && !(types as readonly string[]).includes(type)) {
    throw new ImportSourceError(`its column ${name} is of type ${type} instead of ${types[0]}`);
  }
  return sql`${sql.ref(`${alias}.${name}`)}::${sql.raw(cast)}`;
}

/** Reads a query's rows in parts of at most `limit`. Run it in a transaction of its own. */
export async function* readByCursor<Row>(
  transaction: QueryExecutorProvider,
  query: RawBuilder<Row>,
  limit: number,
): AsyncGenerator<Row[]> {
  await sql`DECLARE import_cursor NO SCROLL CURSOR FOR ${query}`.execute(transaction);
  for (;;) {
    const { rows } = await sql<Row>`FETCH FORWARD ${sql.lit(limit)} FROM import_cursor`.execute(
      transaction,
    );
    if (rows.length === 0) return;
    yield rows;
    if (rows.length < limit) return;
  }
}
