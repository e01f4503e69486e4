import { sql, type RawBuilder } from 'kysely';
import type { StatusSource } from './status-source.ts';

/**
 * The device of a status (`s`) is not deleted. The last status of a device goes with its row, so only
 * the few that are marked as deleted have to be left out; history stays longer than its device.
 */
export function isOfLiveDevice({ indexed }: StatusSource): RawBuilder<unknown> {
  return indexed
    ? sql`NOT EXISTS (
        SELECT FROM devices gone WHERE gone.id = s.device_id AND gone.deleted_at IS NOT NULL
      )`
    : sql`EXISTS (
        SELECT FROM devices live WHERE live.id = s.device_id AND live.deleted_at IS NULL
      )`;
}
