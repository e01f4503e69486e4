import type { DeviceRow } from '@nexmdm/db';
import { HttpProblem } from '@nexmdm/service';
import { z } from 'zod';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { tellPath } from '../fleet/fleet-reader.ts';
import { oneDevice } from '../fleet/question.ts';
import { readNumberedPage, readPage, type ListDeps } from './list-page.ts';
import { getDeviceOperation, listDevicesOperation, toDeviceFilter } from './schema.ts';

export type DevicesDeps = ListDeps;

export function listDevicesEndpoint(deps: DevicesDeps): Endpoint {
  return endpoint(listDevicesOperation, async ({ query, req, res }) => {
    const { limit, cursor, page, sort } = query;
    const list = { name: 'devices', filter: toDeviceFilter(query), sort };
    return {
      body:
        page === undefined
          ? await readPage(deps, { query: 'list_devices', list, limit, cursor, req, res })
          : await readNumberedPage(deps, { list, limit, page, req, res }),
    };
  });
}

export function getDeviceEndpoint(deps: DevicesDeps): Endpoint {
  return endpoint(getDeviceOperation, async ({ param, res }) => {
    tellPath(res, deps.fleet);
    return { body: await findDeviceOrReject(deps, param('id')) };
  });
}

/** @throws HttpProblem 404 */
export async function findDeviceOrReject(
  { fleet }: Pick<DevicesDeps, 'fleet'>,
  id: unknown,
): Promise<DeviceRow> {
  const parsed = z.guid().safeParse(id);
  const device = parsed.success ? await fleet.ask(oneDevice(parsed.data)) : undefined;
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
