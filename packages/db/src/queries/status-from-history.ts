import { sql, type RawBuilder } from 'kysely';
import { STATE_COLUMNS } from './state-columns.ts';

/**
 * The last status of each device as the history tells it: the state of the heartbeat with the
 * newest event time, and the latest arrival of all. A query to be put in parentheses, with the
 * columns `device_id, last_ts, last_seen_at` and the state, and of that heartbeat's row also `ts`,
 * `ts_offset_ms` and `received_at`.
 *
 * It differs from `device_last_status` by what history doesn't keep: rows older than the retention,
 * and the second and later heartbeats of a 10 s bucket.
 *
 * @param heartbeats conditions on `device_heartbeats`, without an alias; all of it unless given
 */
export function statusFromHistory(
  heartbeats: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const state = sql.join(STATE_COLUMNS.map((name) => sql.ref(`h.${name}`)));
  return sql`
    SELECT h.device_id,
      h.ts + coalesce(h.ts_offset_ms, 0) * interval '1 millisecond' AS last_ts,
      newest.last_seen_at, ${state}, h.ts, h.ts_offset_ms, h.received_at
    FROM (
      SELECT device_id, max(ts) AS ts, max(received_at) AS last_seen_at
      FROM device_heartbeats WHERE ${heartbeats} GROUP BY device_id
    ) newest
    -- The conditions once more, so that whatever way it is joined no other rows are looked at.
    JOIN (SELECT * FROM device_heartbeats WHERE ${heartbeats}) h
      ON h.device_id = newest.device_id AND h.ts = newest.ts
  `;
}
