import type { DeviceRow, ListDevicesOptions } from '@nexmdm/db';
import { HttpProblem, type CursorCodec } from '@nexmdm/service';
import { z } from 'zod';
import { endpoint } from '../api/endpoint.ts';
import { linkNext } from '../api/next-link.ts';
import type { Endpoint } from '../api/operation.ts';
import { devicePlaceSchema, getDeviceOperation, listDevicesOperation } from './schema.ts';

export interface DevicesDeps {
  cursors: CursorCodec;
  listDevices(options: Omit<ListDevicesOptions, 'onlineWithinSeconds'>): Promise<DeviceRow[]>;
  countDevices(options: Pick<ListDevicesOptions, 'status'>): Promise<number>;
  findDevice(id: string): Promise<DeviceRow | undefined>;
}

export function listDevicesEndpoint(deps: DevicesDeps): Endpoint {
  return endpoint(listDevicesOperation, async ({ query, req, res }) => {
    const { limit, cursor, status } = query;
    const place = cursor === undefined ? undefined : deps.cursors.decode(cursor, devicePlaceSchema);
    const [rows, total] = await Promise.all([
      deps.listDevices({ limit: limit + 1, afterAlias: place?.alias, status }),
      deps.countDevices({ status }),
    ]);
    const devices = rows.slice(0, limit);
    const last = rows.length > limit ? devices.at(-1) : undefined;
    const next = last === undefined ? null : deps.cursors.encode({ alias: last.alias });
    if (next !== null) linkNext(req, res, next);
    return {
      body: { devices, pagination: { limit, next_cursor: next, total, total_is_estimate: false } },
    };
  });
}

export function getDeviceEndpoint(deps: DevicesDeps): Endpoint {
  return endpoint(getDeviceOperation, async ({ param }) => ({
    body: await findDeviceOrReject(deps, param('id')),
  }));
}

/** @throws HttpProblem 404 */
export async function findDeviceOrReject(
  deps: Pick<DevicesDeps, 'findDevice'>,
  id: unknown,
): Promise<DeviceRow> {
  const parsed = z.uuid().safeParse(id);
  const device = parsed.success ? await deps.findDevice(parsed.data) : undefined;
  if (device) return device;
  throw deviceNotFound();
}

export function deviceNotFound(): HttpProblem {
  return new HttpProblem({
    status: 404,
    code: 'device-not-found',
    detail: 'There is no device with this id.',
  });
}
