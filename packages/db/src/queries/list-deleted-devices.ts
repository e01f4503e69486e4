import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

/** Where a page ended. */
export interface DeletedDevicePlace {
  /** PostgreSQL's own text of the time: a `Date` has no microseconds. */
  deletedAt: string;
  id: string;
}

export interface ListDeletedDevicesOptions {
  limit: number;
  /** Only devices that come after this place. */
  after?: DeletedDevicePlace | undefined;
}

export interface DeletedDeviceRow {
  id: string;
  /** The one before the deletion. */
  alias: string;
  deleted_at: Date;
  created_at: Date;
  last_seen: Date | null;
  place: DeletedDevicePlace;
}

/** Deleted devices, the newest deletion first; at most `limit`. */
export async function listDeletedDevices(
  db: Kysely<Database>,
  { limit, after }: ListDeletedDevicesOptions,
): Promise<DeletedDeviceRow[]> {
  const { rows } = await sql<DeletedDeviceRow>`
    SELECT d.id, coalesce(d.alias_before_deletion, d.alias) AS alias, d.deleted_at, d.created_at,
      s.last_seen_at AS last_seen,
      json_build_object('deletedAt', d.deleted_at::text, 'id', d.id) AS place
    FROM devices d LEFT JOIN device_last_status s ON s.device_id = d.id
    WHERE d.deleted_at IS NOT NULL AND ${
      after === undefined
        ? sql`true`
        : sql`(d.deleted_at, d.id) < (${after.deletedAt}::timestamptz, ${after.id}::uuid)`
    }
    ORDER BY d.deleted_at DESC, d.id DESC LIMIT ${limit}
  `.execute(db);
  return rows;
}
