import { sql, type Kysely } from 'kysely';

/**
 * What makes "which devices are offline, low, down" a matter of the devices that are.
 *
 * An index on `last_seen_at` would make every heartbeat's update touch every index. `seen_bucket`
 * changes once in two minutes instead: it finds the candidates, and `last_seen_at` decides. Two
 * minutes, because a device is offline after three intervals of a minute at the least, and the
 * bucket of that moment must not hold the devices that are online. The other indexed columns rarely
 * change from one heartbeat to the next.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE device_last_status
      ADD COLUMN seen_bucket timestamptz GENERATED ALWAYS AS (
        date_bin('2 minutes', last_seen_at, timestamptz '2000-01-01 00:00:00+00')
      ) STORED
  `.execute(db);
  for (const index of [
    'device_last_status_seen_bucket ON device_last_status (seen_bucket)',
    'device_last_status_battery_pct ON device_last_status (battery_pct, device_id)',
    'device_last_status_unity_down ON device_last_status (device_id) WHERE NOT unity_running',
  ]) {
    await sql`CREATE INDEX ${sql.raw(index)}`.execute(db);
  }
}
