import type { DeviceRegistration } from '@nexmdm/db';
import { z } from 'zod';
import { endpoint } from '../api/endpoint.ts';
import { setLinks } from '../api/links.ts';
import type { Endpoint } from '../api/operation.ts';
import { deviceNotFound } from '../devices/route.ts';
import { createHistoryCursors } from './history-cursor.ts';
import { heartbeatBucketPage, heartbeatPage, type PageDeps } from './read-page.ts';
import { getAvailabilityOperation, listHeartbeatsOperation } from './schema.ts';

/** Longer lists of gaps are cut off. */
const MAX_GAPS = 1_000;

export interface HeartbeatsDeps extends PageDeps {
  heartbeatIntervalSeconds: number;
  /** A longer silence is a gap. */
  gapAfterSeconds: number;
}

export function listHeartbeatsEndpoint(deps: HeartbeatsDeps): Endpoint {
  return endpoint(listHeartbeatsOperation, async ({ query, param, req, res }) => {
    const { resolution, asked, ...request } = query;
    const cursors = createHistoryCursors(deps.cursors, { deviceId: param('id'), ...asked });
    const readPage =
      resolution === undefined
        ? heartbeatPage({ ...deps, cursors }, request)
        : heartbeatBucketPage({ ...deps, cursors }, request, resolution);
    const { id } = await findRegistrationOrReject(deps, param('id'));
    const { content, next } = await readPage(id);
    setLinks(req, res, { next: next === null ? undefined : { cursor: next } });
    return { body: { ...content, pagination: { limit: request.limit, next_cursor: next } } };
  });
}

export function getAvailabilityEndpoint(deps: HeartbeatsDeps): Endpoint {
  return endpoint(getAvailabilityOperation, async ({ query, param }) => {
    const device = await findRegistrationOrReject(deps, param('id'));
    const { gapAfterSeconds, heartbeatIntervalSeconds } = deps;
    const { from, to, heartbeats, gaps, gapCount, gapSeconds } =
      await deps.history.measureAvailability({
        device,
        ...query,
        gapAfterSeconds,
        maxGaps: MAX_GAPS,
      });
    return {
      body: {
        device_id: device.id,
        from,
        to,
        expected_interval_seconds: heartbeatIntervalSeconds,
        gap_after_seconds: gapAfterSeconds,
        availability_pct: availabilityPct(secondsBetween(from, to), gapSeconds),
        heartbeats,
        gaps: gaps.map((gap) => ({ ...gap, seconds: secondsBetween(gap.from, gap.to) })),
        gaps_truncated: gapCount > gaps.length,
      },
    };
  });
}

/** Also of a device that was deleted: its history stays. @throws HttpProblem 404 */
async function findRegistrationOrReject(
  { history }: HeartbeatsDeps,
  id: string,
): Promise<DeviceRegistration> {
  const parsed = z.guid().safeParse(id);
  const device = parsed.success ? await history.findDeviceRegistration(parsed.data) : undefined;
  if (device === undefined) throw deviceNotFound();
  return device;
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1_000;
}

/** Three decimals; null for no time at all. */
function availabilityPct(seconds: number, gapSeconds: number): number | null {
  if (seconds <= 0) return null;
  const share = Math.min(1, Math.max(0, 1 - gapSeconds / seconds));
  return Math.round(share * 100_000) / 1_000;
}
