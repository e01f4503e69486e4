import type { DeviceRow, ListDevicesOptions } from '@nexmdm/db';
import { HttpProblem, parseOrReject, type CursorCodec } from '@nexmdm/service';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { linkNext } from '../next-link.ts';
import { devicePlaceSchema, listDevicesSchema } from './schema.ts';

export interface DevicesDeps {
  cursors: CursorCodec;
  listDevices(options: Omit<ListDevicesOptions, 'onlineWithinSeconds'>): Promise<DeviceRow[]>;
  countDevices(options: Pick<ListDevicesOptions, 'status'>): Promise<number>;
  findDevice(id: string): Promise<DeviceRow | undefined>;
}

/** `GET /v1/devices`: a page of the fleet, by alias. */
export function listDevicesRoute(deps: DevicesDeps): RequestHandler {
  return async (req, res) => {
    const { limit, cursor, status } = parseOrReject(listDevicesSchema, req.query, 'query');
    const place = cursor === undefined ? undefined : deps.cursors.decode(cursor, devicePlaceSchema);
    const [rows, total] = await Promise.all([
      deps.listDevices({ limit: limit + 1, afterAlias: place?.alias, status }),
      deps.countDevices({ status }),
    ]);
    const devices = rows.slice(0, limit);
    const last = rows.length > limit ? devices.at(-1) : undefined;
    const next = last === undefined ? null : deps.cursors.encode({ alias: last.alias });
    if (next !== null) linkNext(req, res, next);
    res.json({
      devices,
      pagination: { limit, next_cursor: next, total, total_is_estimate: false },
    });
  };
}

/** `GET /v1/devices/{id}`. */
export function getDeviceRoute(deps: DevicesDeps): RequestHandler {
  return async (req, res) => {
    const device = await findDeviceOrReject(deps, req.params['id']);
    res.json(device);
  };
}

/** @throws HttpProblem 404 */
export async function findDeviceOrReject(
  deps: Pick<DevicesDeps, 'findDevice'>,
  id: unknown,
): Promise<DeviceRow> {
  const parsed = z.uuid().safeParse(id);
  const device = parsed.success ? await deps.findDevice(parsed.data) : undefined;
  if (device) return device;
  throw new HttpProblem({
    status: 404,
    code: 'device-not-found',
    detail: 'There is no device with this id.',
  });
}
