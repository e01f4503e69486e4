import type { DeviceRow } from '@nexmdm/db';
import { HttpProblem } from '@nexmdm/service';
import { z } from 'zod';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { tellPath } from '../fleet/fleet-reader.ts';
import type { HistoryReader } from '../heartbeats/history-reader.ts';
import { oneDevice } from '../fleet/question.ts';
import { readNumberedPage, readPage, type ListDeps } from './list-page.ts';
import { getDeviceOperation, listDevicesOperation, toDeviceFilter } from './schema.ts';

export interface DevicesDeps extends ListDeps {
  history: Pick<HistoryReader, 'findDeviceRegistration'>;
}

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
async function findDeviceOrReject(
  { fleet, history }: Pick<DevicesDeps, 'fleet' | 'history'>,
  id: unknown,
): Promise<DeviceRow> {
  const parsed = z.guid().safeParse(id);
  if (!parsed.success) throw deviceNotFound();
  const device = await fleet.ask(oneDevice(parsed.data));
  if (device) return device;
  const registration = await history.findDeviceRegistration(parsed.data);
  throw deviceNotFound(registration?.deleted_at ?? undefined);
}

/** @param deletedAt when it was there once */
export function deviceNotFound(deletedAt?: Date): HttpProblem {
  return new HttpProblem({
    status: 404,
    code: 'device-not-found',
    detail:
      deletedAt === undefined
        ? 'There is no device with this id.'
        : `The device was deleted at ${deletedAt.toISOString()}; POST …/restore takes it back.`,
  });
}
