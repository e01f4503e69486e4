import { createApp, type AppOptions } from '@nexmdm/service';
import type { Express } from 'express';
import { addEndpoints } from './api/endpoint.ts';
import type { Endpoint } from './api/operation.ts';
import { getDeviceEndpoint, listDevicesEndpoint, type DevicesDeps } from './devices/route.ts';
import {
  getFlagEndpoint,
  listFlagChangesEndpoint,
  listFlagsEndpoint,
  setFlagEndpoint,
  type FlagsDeps,
} from './flags/route.ts';
import { listHeartbeatsEndpoint, type HeartbeatsDeps } from './heartbeats/route.ts';

export type QueryAppDeps = AppOptions & DevicesDeps & HeartbeatsDeps & FlagsDeps;

/** The service's routes; it listens nowhere by itself. */
export function createQueryApp(deps: QueryAppDeps): Express {
  return createApp(deps, (app, requireAdmin) => {
    app.use(['/v1', '/ops'], requireAdmin);
    addEndpoints(app, createEndpoints(deps));
  });
}

/** A path with a name comes before the one with a parameter in its place. */
function createEndpoints(deps: QueryAppDeps): Endpoint[] {
  return [
    listDevicesEndpoint(deps),
    getDeviceEndpoint(deps),
    listHeartbeatsEndpoint(deps),
    listFlagsEndpoint(deps),
    getFlagEndpoint(deps),
    setFlagEndpoint(deps),
    listFlagChangesEndpoint(deps),
  ];
}
