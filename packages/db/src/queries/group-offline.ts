import type { OfflineGroupBy } from '@nexmdm/contracts';
import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import type { FindDevicesOptions } from './find-device.ts';

export interface GroupOfflineOptions extends FindDevicesOptions {
  groupBy: OfflineGroupBy;
  /** The most groups; those with the most offline devices come first. */
  limit: number;
}

export interface OfflineGroup {
  /** Null for the devices of which it isn't known. */
  value: string | null;
  offline: number;
  /** Devices of the group that were ever seen. */
  total: number;
  /** When the first and the last of those offline were last seen. */
  first_last_seen: Date;
  last_last_seen: Date;
}

export interface OfflineGroups {
  groups: OfflineGroup[];
  /** Of the whole fleet, over all groups. */
  offline: number;
  total: number;
  groupCount: number;
}

const COLUMNS: Record<OfflineGroupBy, ReturnType<typeof sql>> = {
  ssid: sql`s.ssid`,
  carrier: sql`s.carrier`,
  app_version: sql`s.agent_version`,
  model: sql`d.model`,
};

/** The offline devices by something they have in common. */
export async function groupOffline(
  db: Kysely<Database>,
  { source, onlineWithinSeconds, groupBy, limit }: GroupOfflineOptions,
): Promise<OfflineGroups> {
  const offline = sql`s.last_seen_at < now() - make_interval(secs => ${onlineWithinSeconds})`;
  const { rows } = await sql<
    OfflineGroup & { all_offline: number; all_total: number; group_count: number }
  >`
    WITH groups AS (
      SELECT ${COLUMNS[groupBy]} AS value,
        count(*) FILTER (WHERE ${offline})::integer AS offline,
        count(*)::integer AS total,
        min(s.last_seen_at) FILTER (WHERE ${offline}) AS first_last_seen,
        max(s.last_seen_at) FILTER (WHERE ${offline}) AS last_last_seen
      FROM ${source.whole} s JOIN devices d ON d.id = s.device_id
      WHERE d.deleted_at IS NULL
      GROUP BY 1
    )
    SELECT *,
      sum(offline) OVER ()::integer AS all_offline,
      sum(total) OVER ()::integer AS all_total,
      count(*) FILTER (WHERE offline > 0) OVER ()::integer AS group_count
    FROM groups ORDER BY offline DESC, total DESC, value LIMIT ${limit}
  `.execute(db);
  const [first] = rows;
  return {
    groups: rows
      .filter(({ offline }) => offline > 0)
      .map(({ all_offline, all_total, group_count, ...group }) => group),
    offline: first?.all_offline ?? 0,
    total: first?.all_total ?? 0,
    groupCount: first?.group_count ?? 0,
  };
}
