import type { DeviceStatus } from '@nexmdm/contracts';
import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import { selectDevices, type DeviceRow } from './select-devices.ts';

export interface ListDevicesOptions {
  limit: number;
  /** Only devices whose alias sorts after this one. */
  afterAlias?: string | undefined;
  status?: DeviceStatus | undefined;
  /** A device is online when it was seen within this time. */
  onlineWithinSeconds: number;
}

/** Devices that are not deleted, by alias; at most `limit`. */
export async function listDevices(
  db: Kysely<Database>,
  options: ListDevicesOptions,
): Promise<DeviceRow[]> {
  const { limit, afterAlias, status, onlineWithinSeconds } = options;
  return selectDevices(db, onlineWithinSeconds)
    .where('d.deleted_at', 'is', null)
    .$if(afterAlias !== undefined, (query) => query.where('d.alias', '>', String(afterAlias)))
    .$if(status === 'never', (query) => query.where('s.device_id', 'is', null))
    .$if(status === 'online', (query) => query.where(seenWithin(onlineWithinSeconds)))
    .$if(status === 'offline', (query) =>
      query.where(sql<boolean>`NOT ${seenWithin(onlineWithinSeconds)}`),
    )
    .orderBy('d.alias')
    .limit(limit)
    .execute();
}

/** How many devices there are that are not deleted. */
export async function countDevices(
  db: Kysely<Database>,
  options: Pick<ListDevicesOptions, 'status' | 'onlineWithinSeconds'>,
): Promise<number> {
  const { status, onlineWithinSeconds } = options;
  const { total } = await db
    .selectFrom('devices as d')
    .leftJoin('device_last_status as s', 's.device_id', 'd.id')
    .select(sql<number>`count(*)::integer`.as('total'))
    .where('d.deleted_at', 'is', null)
    .$if(status === 'never', (query) => query.where('s.device_id', 'is', null))
    .$if(status === 'online', (query) => query.where(seenWithin(onlineWithinSeconds)))
    .$if(status === 'offline', (query) =>
      query.where(sql<boolean>`NOT ${seenWithin(onlineWithinSeconds)}`),
    )
    .executeTakeFirstOrThrow();
  return total;
}

function seenWithin(seconds: number) {
  return sql<boolean>`(s.last_seen_at >= now() - make_interval(secs => ${seconds}))`;
}
