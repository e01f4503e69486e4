import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import type { DeviceRange } from './refresh-status.ts';

/** The next `limit` devices by id, deleted ones too; undefined after the last. */
export async function nextDeviceRange(
  db: Kysely<Database>,
  after: string | null,
  limit: number,
): Promise<(DeviceRange & { devices: number }) | undefined> {
  const { rows } = await sql<{ through: string | null; devices: number }>`
    SELECT (array_agg(id ORDER BY id DESC))[1] AS through, count(*)::integer AS devices
    FROM (
      SELECT id FROM devices ${after === null ? sql`` : sql`WHERE id > ${after}::uuid`}
      ORDER BY id LIMIT ${limit}
    ) next
  `.execute(db);
  const { through = null, devices = 0 } = rows[0] ?? {};
  return through === null ? undefined : { after, through, devices };
}
