import type { RequestListener } from 'node:http';
import { createApp, HttpProblem, type AppOptions } from '@nexmdm/service';
import { createHeartbeatRoutes, type HeartbeatRouteDeps } from './heartbeat/route.ts';
import { registerRoute, type RegisterDeps } from './register/route.ts';

export type IngestAppDeps = AppOptions & HeartbeatRouteDeps & RegisterDeps;

/** The service's routes as one listener; it listens nowhere by itself. */
export function createIngestApp(deps: IngestAppDeps): RequestListener {
  const heartbeatRoutes = createHeartbeatRoutes(deps);
  const app = createApp(deps, (express, requireAdmin) => {
    express.post('/v1/register', requireAdmin, registerRoute(deps));
    express.all(['/v1/register', ...heartbeatRoutes.keys()], (req) => {
      throw new HttpProblem({
        status: 405,
        code: 'method-not-allowed',
        detail: `${req.path} takes POST only.`,
        headers: { allow: 'POST' },
      });
    });
  });
  return (req, res) => {
    const route = req.method === 'POST' ? heartbeatRoutes.get(pathOf(req.url)) : undefined;
    if (route) route(req, res);
    else app(req, res);
  };
}

/** Also of `POST http://host/path`, a form that every server has to take. */
function pathOf(url = ''): string {
  const path = url.startsWith('/') ? url : (URL.parse(url)?.pathname ?? '');
  const query = path.indexOf('?');
  return query === -1 ? path : path.slice(0, query);
}
