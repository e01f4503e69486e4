import { sql, type Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import type { DeviceRegistration } from './find-device-registration.ts';

export interface AvailabilityOptions {
  device: DeviceRegistration;
  from: Date;
  to: Date;
  now: Date;
  /** A silence longer than this is a gap. */
  gapAfterSeconds: number;
  /** At most so many gaps are listed, the newest; all of them count. */
  maxGaps: number;
}

export interface Gap {
  from: Date;
  to: Date;
  /** It goes on: no heartbeat has come since. */
  open: boolean;
}

export interface Availability {
  /** The part of the range in which the device was there; when it has none, equal to `to`. */
  from: Date;
  to: Date;
  heartbeats: number;
  gapCount: number;
  gapSeconds: number;
  /** Newest first. */
  gaps: Gap[];
}

/** More than a device's clock may run ahead of ours: a heartbeat may lie after now. */
const CLOCK_LEAD_MS = 600_000;

interface Row {
  start: Date;
  heartbeats: number;
  gap_count: number;
  gap_seconds: number;
  since: Date | null;
  until: Date | null;
  open: boolean | null;
}

/**
 * How long a device was not heard from, within the part of a range that lies between its
 * registration (or its first heartbeat, if that is older) and now (or its deletion).
 *
 * A gap is a time longer than `gapAfterSeconds` between two heartbeats, by event time. Heartbeats
 * outside of the range decide whether there is a gap at its borders; those further away than
 * `gapAfterSeconds` can't change it, so no others are read. The registration counts as a heartbeat:
 * a device that never reported is one gap.
 */
export async function measureAvailability(
  db: Kysely<Database>,
  options: AvailabilityOptions,
): Promise<Availability> {
  const { device, from, now, gapAfterSeconds, maxGaps } = options;
  const gapMs = gapAfterSeconds * 1_000;
  const present = earliest(now, device.deleted_at ?? now);
  const to = earliest(options.to, present);
  const nothing = { from: to, to, heartbeats: 0, gapCount: 0, gapSeconds: 0, gaps: [] };
  if (from >= to) return nothing;
  const lookFrom = new Date(from.getTime() - gapMs);
  const lookTo = new Date(to.getTime() + Math.max(gapMs, CLOCK_LEAD_MS));
  // Where the silence began or ended if there is no heartbeat near the range.
  const longBefore = new Date(lookFrom.getTime() - 1);
  const silentUntil = earliest(present, new Date(lookTo.getTime() + 1));
  const ofDevice = sql`device_id = ${device.id}`;
  const born =
    device.created_at <= longBefore
      ? sql`${device.created_at}::timestamptz`
      : sql`least(${device.created_at}::timestamptz, (
          SELECT min(ts) FROM device_heartbeats WHERE ${ofDevice} AND ts < ${device.created_at}
        ))`;
  const nearby = sql`${ofDevice} AND ts >= ${lookFrom} AND ts <= ${lookTo}`;
  const { rows } = await sql<Row>`
    WITH life AS MATERIALIZED (SELECT ${born} AS born),
    range AS MATERIALIZED (
      SELECT greatest(born, ${from}) AS start, greatest(born, ${longBefore}) AS silent_from FROM life
    ),
    spans AS (
      SELECT ts AS since, lead(ts) OVER (ORDER BY ts) AS until FROM device_heartbeats WHERE ${nearby}
      UNION ALL
      SELECT silent_from, (SELECT min(ts) FROM device_heartbeats WHERE ${nearby}) FROM range
    ),
    gaps AS MATERIALIZED (
      SELECT greatest(since, start) AS since, least(coalesce(until, ${silentUntil}), ${to}) AS until,
        until IS NULL AS last
      FROM spans, range
      WHERE coalesce(until, ${silentUntil}) - since > make_interval(secs => ${gapAfterSeconds})
        AND since < ${to} AND coalesce(until, ${silentUntil}) > start
    ),
    totals AS (
      SELECT count(*)::integer AS gap_count,
        coalesce(sum(extract(epoch FROM until - since)), 0)::float8 AS gap_seconds
      FROM gaps
    )
    SELECT start, gap_count, gap_seconds, listed.since, listed.until, listed.last AS open,
      (SELECT count(*) FROM device_heartbeats WHERE ${ofDevice} AND ts >= ${from} AND ts < ${to})::integer
        AS heartbeats
    FROM range CROSS JOIN totals
    LEFT JOIN (SELECT * FROM gaps ORDER BY since DESC LIMIT ${maxGaps}) listed ON true
    ORDER BY listed.since DESC
  `.execute(db);
  const [totals] = rows;
  if (totals === undefined || totals.start >= to) return nothing;
  return {
    from: totals.start,
    to,
    heartbeats: totals.heartbeats,
    gapCount: totals.gap_count,
    gapSeconds: totals.gap_seconds,
    gaps: rows.flatMap(({ since, until, open }) =>
      since === null || until === null
        ? []
        : [{ from: since, to: until, open: open === true && to.getTime() === now.getTime() }],
    ),
  };
}

function earliest(a: Date, b: Date): Date {
  return a < b ? a : b;
}
