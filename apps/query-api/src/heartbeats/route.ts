import type { HeartbeatRow, ListHeartbeatsOptions } from '@nexmdm/db';
import { parseOrReject, type CursorCodec } from '@nexmdm/service';
import type { RequestHandler } from 'express';
import { findDeviceOrReject, type DevicesDeps } from '../devices/route.ts';
import { linkNext } from '../next-link.ts';
import { heartbeatPlaceSchema, listHeartbeatsSchema } from './schema.ts';

export interface HeartbeatsDeps extends Pick<DevicesDeps, 'findDevice'> {
  cursors: CursorCodec;
  listHeartbeats(options: ListHeartbeatsOptions): Promise<HeartbeatRow[]>;
}

/** `GET /v1/devices/{id}/heartbeats`: a device's history, newest first. */
export function listHeartbeatsRoute(deps: HeartbeatsDeps): RequestHandler {
  return async (req, res) => {
    const { from, to, limit, cursor } = parseOrReject(listHeartbeatsSchema, req.query, 'query');
    const place =
      cursor === undefined ? undefined : deps.cursors.decode(cursor, heartbeatPlaceSchema);
    const device = await findDeviceOrReject(deps, req.params['id']);
    const rows = await deps.listHeartbeats({
      deviceId: device.id,
      from,
      to,
      before: place?.before,
      limit: limit + 1,
    });
    const heartbeats = rows.slice(0, limit);
    const last = rows.length > limit ? heartbeats.at(-1) : undefined;
    const next = last === undefined ? null : deps.cursors.encode({ before: last.ts.toISOString() });
    if (next !== null) linkNext(req, res, next);
    res.json({ heartbeats, pagination: { limit, next_cursor: next } });
  };
}
