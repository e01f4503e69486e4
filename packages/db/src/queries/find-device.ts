import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { deviceColumns, type DeviceRow } from './device-columns.ts';
import { statusFromHistory } from './status-from-history.ts';
import type { StatusSource } from './status-source.ts';

export interface FindDevicesOptions {
  source: StatusSource;
  /** A device that was seen within this time is online. */
  onlineWithinSeconds: number;
}

/** Those of the devices that exist and are not deleted, in no order. */
export async function listDevicesById(
  db: Kysely<Database>,
  ids: readonly string[],
  { source, onlineWithinSeconds }: FindDevicesOptions,
): Promise<DeviceRow[]> {
  const wanted = sql`device_id = ANY(${ids}::uuid[])`;
  const table = source.indexed ? source.table : sql`(${statusFromHistory(wanted)})`;
  const { rows } = await sql<DeviceRow>`
    SELECT ${deviceColumns(onlineWithinSeconds)}
    FROM devices d LEFT JOIN ${table} s ON s.device_id = d.id
    WHERE d.id = ANY(${ids}::uuid[]) AND d.deleted_at IS NULL
  `.execute(db);
  return rows;
}

/** One device that is not deleted. */
export async function findDevice(
  db: Kysely<Database>,
  id: string,
  { source, onlineWithinSeconds }: FindDevicesOptions,
): Promise<DeviceRow | undefined> {
  // The id as a plain condition also limits what the legacy source derives.
  const { rows } = await sql<DeviceRow>`
    SELECT ${deviceColumns(onlineWithinSeconds)}
    FROM devices d LEFT JOIN ${source.table} s ON s.device_id = ${id}::uuid
    WHERE d.id = ${id}::uuid AND d.deleted_at IS NULL
  `.execute(db);
  return rows[0];
}
