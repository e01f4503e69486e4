import type { HeartbeatRow, ListHeartbeatsOptions } from '@nexmdm/db';
import type { CursorCodec } from '@nexmdm/service';
import { endpoint } from '../api/endpoint.ts';
import { linkNext } from '../api/next-link.ts';
import type { Endpoint } from '../api/operation.ts';
import { findDeviceOrReject, type DevicesDeps } from '../devices/route.ts';
import { heartbeatPlaceSchema, listHeartbeatsOperation } from './schema.ts';

export interface HeartbeatsDeps extends Pick<DevicesDeps, 'findDevice'> {
  cursors: CursorCodec;
  listHeartbeats(options: ListHeartbeatsOptions): Promise<HeartbeatRow[]>;
}

export function listHeartbeatsEndpoint(deps: HeartbeatsDeps): Endpoint {
  return endpoint(listHeartbeatsOperation, async ({ query, param, req, res }) => {
    const { from, to, limit, cursor } = query;
    const place =
      cursor === undefined ? undefined : deps.cursors.decode(cursor, heartbeatPlaceSchema);
    const device = await findDeviceOrReject(deps, param('id'));
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
    return { body: { heartbeats, pagination: { limit, next_cursor: next } } };
  });
}
