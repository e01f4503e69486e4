import type { HeartbeatBucket } from '@nexmdm/contracts';
import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';

export interface HeartbeatBucketsOptions {
  deviceId: string;
  /** The first moment that counts. */
  from: Date;
  /** The first moment that doesn't count any more. */
  to: Date;
  /** The length of a bucket. Buckets are counted from the epoch: those of a day are UTC days. */
  resolutionSeconds: number;
}

interface Row {
  ts: Date;
  heartbeats: number;
  battery_min: number | null;
  battery_avg: number | null;
  battery_max: number | null;
  temp_min: number | null;
  temp_avg: number | null;
  temp_max: number | null;
  uptime_resets: number;
  up: number;
  down: number;
  unknown: number;
  plugged_share: number | null;
}

/**
 * A device's history in buckets, newest first: every bucket that the range touches, also those
 * without a heartbeat. Touches only the partitions of the range, and looks back over the others
 * until it finds the one heartbeat before the range.
 */
export async function listHeartbeatBuckets(
  db: Kysely<Database>,
  options: HeartbeatBucketsOptions,
): Promise<HeartbeatBucket[]> {
  const { deviceId, from, to, resolutionSeconds } = options;
  if (from >= to) return [];
  const width = sql`make_interval(secs => ${resolutionSeconds})`;
  const first = bucketStart(from.getTime(), resolutionSeconds);
  const last = bucketStart(to.getTime() - 1, resolutionSeconds);
  const { rows } = await sql<Row>`
    WITH aggregated AS (
      SELECT date_bin(${width}, ts, 'epoch') AS ts,
        count(*) AS heartbeats,
        min(battery_pct) AS battery_min, avg(battery_pct) AS battery_avg, max(battery_pct) AS battery_max,
        min(temp_c) AS temp_min, avg(temp_c) AS temp_avg, max(temp_c) AS temp_max,
        count(*) FILTER (WHERE uptime_s < uptime_before) AS uptime_resets,
        count(*) FILTER (WHERE unity_running) AS up,
        count(*) FILTER (WHERE NOT unity_running) AS down,
        count(*) FILTER (WHERE unity_running IS NULL) AS unknown,
        avg(plugged::integer) AS plugged_share
      FROM (
        SELECT ts, battery_pct, temp_c, unity_running, plugged, uptime_s,
          lag(uptime_s, 1, (
            SELECT uptime_s FROM device_heartbeats
            WHERE device_id = ${deviceId} AND ts < ${from} ORDER BY ts DESC LIMIT 1
          )) OVER (ORDER BY ts) AS uptime_before
        FROM device_heartbeats
        WHERE device_id = ${deviceId} AND ts >= ${from} AND ts < ${to}
      ) heartbeats
      GROUP BY 1
    )
    SELECT ts, coalesce(heartbeats, 0)::integer AS heartbeats,
      battery_min, round(battery_avg, 2)::float8 AS battery_avg, battery_max,
      temp_min, round(temp_avg::numeric, 2)::float8 AS temp_avg, temp_max,
      coalesce(uptime_resets, 0)::integer AS uptime_resets, coalesce(up, 0)::integer AS up,
      coalesce(down, 0)::integer AS down, coalesce(unknown, 0)::integer AS unknown,
      round(plugged_share, 3)::float8 AS plugged_share
    FROM generate_series(${first}::timestamptz, ${last}::timestamptz, ${width}) AS bucket (ts)
    LEFT JOIN aggregated USING (ts)
    ORDER BY ts DESC
  `.execute(db);
  return rows.map((row) => ({
    ts: row.ts,
    heartbeats: row.heartbeats,
    gap: row.heartbeats === 0,
    battery_pct: span(row.battery_min, row.battery_avg, row.battery_max),
    temp_c: span(row.temp_min, row.temp_avg, row.temp_max),
    uptime_resets: row.uptime_resets,
    unity_running: { up: row.up, down: row.down, unknown: row.unknown },
    plugged_share: row.plugged_share,
  }));
}

/** The start of the bucket that a moment (ms since the epoch) is in. */
export function bucketStart(moment: number, resolutionSeconds: number): Date {
  const width = resolutionSeconds * 1_000;
  return new Date(Math.floor(moment / width) * width);
}

function span(min: number | null, avg: number | null, max: number | null) {
  return min === null || avg === null || max === null ? null : { min, avg, max };
}
