import { createApp, type AppOptions } from '@nexmdm/service';
import type { Express } from 'express';
import { addEndpoints } from './api/endpoint.ts';
import type { Endpoint, Operation } from './api/operation.ts';
import { exportDevicesEndpoint, type ExportDeps } from './devices/export-route.ts';
import { getDeviceEndpoint, listDevicesEndpoint, type DevicesDeps } from './devices/route.ts';
import { addDocs } from './docs/route.ts';
import { streamEventsEndpoint, type EventsDeps } from './events/route.ts';
import {
  getFlagEndpoint,
  listFlagChangesEndpoint,
  listFlagsEndpoint,
  setFlagEndpoint,
  type FlagsDeps,
} from './flags/route.ts';
import {
  fleetCountsEndpoint,
  listOfflineEndpoint,
  listUnityDownEndpoint,
  type FleetDeps,
} from './fleet/route.ts';
import {
  getAvailabilityEndpoint,
  listHeartbeatsEndpoint,
  type HeartbeatsDeps,
} from './heartbeats/route.ts';
import { perfDiffEndpoint, type PerfDiffDeps } from './perf-diff/route.ts';
import { registryEndpoints } from './registry/endpoints.ts';
import type { RegistryDeps } from './registry/route.ts';

export type QueryAppDeps = AppOptions &
  DevicesDeps &
  ExportDeps &
  FleetDeps &
  HeartbeatsDeps &
  EventsDeps &
  PerfDiffDeps &
  FlagsDeps &
  RegistryDeps;

/** The service's routes; it listens nowhere by itself. */
export function createQueryApp(deps: QueryAppDeps): Express {
  return createApp(deps, (app, requireAdmin) => {
    app.use(['/v1', '/ops'], requireAdmin);
    const endpoints = createEndpoints(deps);
    addEndpoints(app, endpoints);
    addDocs(
      app,
      endpoints.map(({ operation }) => operation),
    );
  });
}

/** Every operation of the API, without what it takes to carry them out. */
export function listOperations(): Operation[] {
  // Only the handlers use what they are made with.
  return createEndpoints({} as QueryAppDeps).map(({ operation }) => operation);
}

function createEndpoints(deps: QueryAppDeps): Endpoint[] {
  return [
    ...registryEndpoints(deps),
    listDevicesEndpoint(deps),
    exportDevicesEndpoint(deps),
    listOfflineEndpoint(deps),
    listUnityDownEndpoint(deps),
    getDeviceEndpoint(deps),
    listHeartbeatsEndpoint(deps),
    getAvailabilityEndpoint(deps),
    fleetCountsEndpoint(deps),
    streamEventsEndpoint(deps),
    perfDiffEndpoint(deps),
    listFlagsEndpoint(deps),
    getFlagEndpoint(deps),
    setFlagEndpoint(deps),
    listFlagChangesEndpoint(deps),
  ];
}
