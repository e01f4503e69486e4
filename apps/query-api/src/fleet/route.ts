import type { OfflineGroupBy, TroubledDevice } from '@nexmdm/contracts';
import type { DeviceRow, OfflineGroups } from '@nexmdm/db';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { readPage, type ListDeps } from '../devices/list-page.ts';
import { tellPath } from './fleet-reader.ts';
import { evidenceOf, likelyCauses } from './evidence.ts';
import { describeGroups } from './offline-groups.ts';
import {
  fleetCountsOperation,
  listOfflineOperation,
  listUnityDownOperation,
  toNarrowingFilter,
} from './schema.ts';

export interface FleetDeps extends ListDeps {
  /** All groups with an offline device, up to the most that are asked for. */
  groupOffline: (groupBy: OfflineGroupBy) => Promise<OfflineGroups>;
}

export function listOfflineEndpoint(deps: FleetDeps): Endpoint {
  return endpoint(listOfflineOperation, async ({ query, req, res }) => {
    const { limit, cursor, group_by: groupBy, sort = '-last_seen' } = query;
    if (groupBy !== undefined) {
      tellPath(res, deps.fleet);
      const read = await deps.groupOffline(groupBy);
      return { body: describeGroups(groupBy, { ...read, groups: read.groups.slice(0, limit) }) };
    }
    const filter = {
      ...toNarrowingFilter(query),
      status: 'offline' as const,
      seenWithinSeconds: query.max_offline_seconds,
    };
    const list = { name: 'offline', filter, sort };
    const page = await readPage(deps, { query: 'offline_devices', list, limit, cursor, req, res });
    return { body: { ...page, devices: page.devices.map(troubled) } };
  });
}

export function listUnityDownEndpoint(deps: FleetDeps): Endpoint {
  return endpoint(listUnityDownOperation, async ({ query, req, res }) => {
    const { limit, cursor, sort, include_unknown: includeUnknownUnity } = query;
    const filter = { ...toNarrowingFilter(query), unity: 'down' as const, includeUnknownUnity };
    const list = { name: 'unity-down', filter, sort };
    const page = await readPage(deps, { query: 'unity_down', list, limit, cursor, req, res });
    return { body: { ...page, devices: page.devices.map(troubled) } };
  });
}

export function fleetCountsEndpoint({ fleet }: FleetDeps): Endpoint {
  return endpoint(fleetCountsOperation, async ({ res }) => {
    tellPath(res, fleet);
    return { body: await fleet.countFleet() };
  });
}

function troubled(
  device: DeviceRow,
): Omit<TroubledDevice, 'last_seen'> & { last_seen: Date | null } {
  const evidence = evidenceOf(device);
  return {
    device_id: device.id,
    alias: device.alias,
    last_seen: device.last_seen,
    offline_seconds: device.offline_seconds,
    evidence,
    likely_causes: likelyCauses(evidence),
  };
}
