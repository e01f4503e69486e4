import { createApp, type AppOptions } from '@nexmdm/service';
import type { Express } from 'express';
import { getDeviceRoute, listDevicesRoute, type DevicesDeps } from './devices/route.ts';
import { listHeartbeatsRoute, type HeartbeatsDeps } from './heartbeats/route.ts';

export type QueryAppDeps = AppOptions & DevicesDeps & HeartbeatsDeps;

/** The service's routes; it listens nowhere by itself. */
export function createQueryApp(deps: QueryAppDeps): Express {
  return createApp(deps, (app, requireAdmin) => {
    app.use('/v1', requireAdmin);
    app.get('/v1/devices', listDevicesRoute(deps));
    app.get('/v1/devices/:id', getDeviceRoute(deps));
    app.get('/v1/devices/:id/heartbeats', listHeartbeatsRoute(deps));
  });
}
