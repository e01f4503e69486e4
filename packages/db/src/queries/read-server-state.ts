import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

export interface DatabaseServerState {
  /** `18.4` */
  version: string;
  /** 140000 and up since PostgreSQL 14. */
  versionNumber: number;
  /** The server's clock, in milliseconds since the epoch. */
  clock: number;
  /** Whether it is a replica that takes no writes. */
  readOnly: boolean;
  maxConnections: number;
  /** Connections of clients, this one too. */
  usedConnections: number;
  /** `on`, or what else a commit waits for. */
  synchronousCommit: string;
  fsync: boolean;
  fullPageWrites: boolean;
}

/** The server's version, clock, connections and the settings that data could be lost by. */
export async function readServerState(db: Kysely<Database>): Promise<DatabaseServerState> {
  const { rows } = await sql<DatabaseServerState>`
    SELECT
      split_part(current_setting('server_version'), ' ', 1) AS version,
      current_setting('server_version_num')::integer AS "versionNumber",
      (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS clock,
      pg_is_in_recovery() AS "readOnly",
      current_setting('max_connections')::integer AS "maxConnections",
      (SELECT count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend')
        AS "usedConnections",
      current_setting('synchronous_commit') AS "synchronousCommit",
      current_setting('fsync')::boolean AS fsync,
      current_setting('full_page_writes')::boolean AS "fullPageWrites"
  `.execute(db);
  return rows[0] as DatabaseServerState;
}
