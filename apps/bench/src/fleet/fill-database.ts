import { availableParallelism } from 'node:os';
import { sql, type Kysely } from 'kysely';
import { migrate, partitionName, type Database } from '@nexmdm/db';
import { createFleetAttributes } from './fleet-attributes.ts';
import { fillDevices } from './fill-devices.ts';
import { fillHistoryDay } from './fill-history.ts';
import { fillLastStatus } from './fill-last-status.ts';
import type { FleetPlan } from './fleet-plan.ts';

/** More connections than this don't make a single disk faster. */
const MAX_CONNECTIONS = 4;

export function fillConnections(): number {
  return Math.min(MAX_CONNECTIONS, availableParallelism());
}

/**
 * Makes the tables in an empty database and fills them with the fleet, its history and last status,
 * so that both ways of reading have the same to tell.
 *
 * @param db with `fillConnections()` connections or more
 * @returns how many heartbeats the history has
 */
export async function fillDatabase(
  db: Kysely<Database>,
  plan: FleetPlan,
  migrationsFolder: string,
  report: (step: string) => void,
): Promise<number> {
  await migrate(db, migrationsFolder);
  report(`making ${plan.devices} devices`);
  await createFleetAttributes(db, plan);
  await fillDevices(db, plan);
  const days = [...plan.historyDays];
  let heartbeats = 0;
  const fillDays = async () => {
    for (let day = days.shift(); day !== undefined; day = days.shift()) {
      report(`filling the history of ${day}`);
      const filled = await fillHistoryDay(db, plan, day);
      heartbeats += filled;
      await fillLastStatus(db, day);
      await vacuum(db, partitionName(day));
    }
  };
  await Promise.all(Array.from({ length: fillConnections() }, fillDays));
  report('vacuuming');
  await sql`DROP TABLE bench_fleet`.execute(db);
  for (const table of ['devices', 'device_last_status']) await vacuum(db, table);
  // Of the history as a whole; its partitions are done.
  await sql`ANALYZE ONLY device_heartbeats`.execute(db);
  await sql`CHECKPOINT`.execute(db);
  return heartbeats;
}

/** With all of the buffers: with the few that a vacuum uses by itself it would wait for the disk. */
async function vacuum(db: Kysely<Database>, table: string): Promise<void> {
  await sql`VACUUM (ANALYZE, BUFFER_USAGE_LIMIT 0) ${sql.table(table)}`.execute(db);
}
