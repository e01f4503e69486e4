import { AliasTakenError, type DeviceRow } from '@nexmdm/db';
import { changeLog, HttpProblem, type CursorCodec, type Logger } from '@nexmdm/service';
import { z } from 'zod';
import { endpoint } from '../api/endpoint.ts';
import { setLinks } from '../api/links.ts';
import type { Endpoint } from '../api/operation.ts';
import { deviceNotFound } from '../devices/route.ts';
import type { DeviceRegistry } from './device-registry.ts';
import {
  changeDeviceOperation,
  deletedDevicePlaceSchema,
  deleteDeviceOperation,
  listDeletedDevicesOperation,
  restoreDeviceOperation,
} from './schema.ts';

export interface RegistryDeps {
  deviceRegistry: DeviceRegistry;
  cursors: CursorCodec;
  logger: Logger;
}

export function changeDeviceEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(changeDeviceOperation, async ({ param, body, req, res }) => {
    const log = changeLog(deps.logger, req, res);
    const id = deviceIdOrReject(param('id'));
    const changed = await orAliasTaken(
      () => deps.deviceRegistry.update(id, body),
      'Another device has this alias; choose a different one.',
    );
    if (!changed) throw deviceNotFound();
    log('device.changed', { device_id: id, fields: Object.keys(body) });
    return { body: await findOrReject(deps, id) };
  });
}

export function deleteDeviceEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(deleteDeviceOperation, async ({ param, req, res }) => {
    const log = changeLog(deps.logger, req, res);
    const id = deviceIdOrReject(param('id'));
    const deleted = await orAliasTaken(
      () => deps.deviceRegistry.delete(id),
      `Another device has an alias that ends in "(deleted ${id})", which this one needs; rename it.`,
    );
    if (!deleted) throw deviceNotFound();
    log('device.deleted', { device_id: id });
    return { status: 204 };
  });
}

export function restoreDeviceEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(restoreDeviceOperation, async ({ param, body, req, res }) => {
    const log = changeLog(deps.logger, req, res);
    const id = deviceIdOrReject(param('id'));
    const outcome = await orAliasTaken(
      () => deps.deviceRegistry.restore(id, body.alias),
      'Another device has the alias by now; restore it with another alias.',
    );
    if (outcome === 'unknown') throw deviceNotFound();
    if (outcome === 'not-deleted') {
      throw new HttpProblem({
        status: 409,
        code: 'device-not-deleted',
        detail: 'The device is not deleted; there is nothing to restore.',
      });
    }
    log('device.restored', { device_id: id });
    return { body: await findOrReject(deps, id) };
  });
}

export function listDeletedDevicesEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(listDeletedDevicesOperation, async ({ query, req, res }) => {
    const { limit, cursor } = query;
    const after =
      cursor === undefined ? undefined : deps.cursors.decode(cursor, deletedDevicePlaceSchema);
    const rows = await deps.deviceRegistry.listDeleted({ limit: limit + 1, after });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : deps.cursors.encode({ ...last.place });
    setLinks(req, res, { next: next === null ? undefined : { cursor: next } });
    const devices = page.map(({ id, alias, deleted_at, created_at, last_seen }) => ({
      id,
      alias,
      deleted_at,
      created_at,
      last_seen,
    }));
    return { body: { devices, pagination: { limit, next_cursor: next } } };
  });
}

/** @throws HttpProblem 404 for what can't be the id of a device */
export function deviceIdOrReject(text: string): string {
  const parsed = z.guid().safeParse(text);
  if (parsed.success) return parsed.data.toLowerCase();
  throw deviceNotFound();
}

/** It may have been deleted by somebody else meanwhile. */
async function findOrReject(
  { deviceRegistry }: Pick<RegistryDeps, 'deviceRegistry'>,
  id: string,
): Promise<DeviceRow> {
  const device = await deviceRegistry.find(id);
  if (device === undefined) throw deviceNotFound();
  return device;
}

async function orAliasTaken<T>(change: () => Promise<T>, detail: string): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof AliasTakenError)) throw error;
    throw new HttpProblem({ status: 409, code: 'alias-taken', detail });
  }
}
