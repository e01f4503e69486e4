import { exactJsonReplacer } from '@nexmdm/contracts';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { createAdminKeyCheck } from './admin-key.ts';
import { RequestAbortedError } from './body.ts';
import { FailureLimiter } from './failure-limiter.ts';
import type { Health } from './health.ts';
import { sampledWarning } from './log-sampler.ts';
import type { Logger } from './logger.ts';
import type { HttpMetrics, Registry } from './metrics.ts';
import { HttpProblem, sendProblem } from './problem.ts';
import { assignRequestId } from './request-id.ts';

export interface AppOptions {
  logger: Logger;
  health: Health;
  registry: Registry;
  httpMetrics: HttpMetrics;
  adminKey: string;
  /** Reverse proxies whose `X-Forwarded-For` is believed; 0 for none. */
  trustProxyHops: number;
}

const ADMIN_FAILURES_PER_MINUTE = 20;
const UNAVAILABLE_LOGGED_PER_SECOND = 5;

/**
 * An Express app with what every service has: `/livez`, `/readyz`, `/healthz`, `/metrics`, request
 * ids, request metrics, and every error as a problem document.
 *
 * @param addRoutes adds the service's own routes; `requireAdmin` guards one with the admin key
 */
export function createApp(
  options: AppOptions,
  addRoutes: (app: Express, requireAdmin: RequestHandler) => void = () => {},
): Express {
  const { health, registry } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', options.trustProxyHops);
  app.set('query parser', 'simple');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.set('json replacer', exactJsonReplacer);
  app.use(observe(options));
  app.use(helmet());

  const requireAdmin = adminGuard(options.adminKey);
  for (const path of ['/livez', '/healthz']) {
    app.get(path, (_req, res) => {
      res.json({ status: 'ok' });
    });
  }
  app.get('/readyz', async (_req, res) => {
    const readiness = await health.readiness();
    res.status(readiness.ready ? 200 : 503).json(readiness);
  });
  app.get('/metrics', requireAdmin, async (_req, res) => {
    res.type(registry.contentType).send(await registry.metrics());
  });

  addRoutes(app, requireAdmin);

  app.use((req) => {
    throw new HttpProblem({
      status: 404,
      code: 'not-found',
      detail: `There is nothing at ${req.method} ${req.path}.`,
    });
  });
  app.use(errorHandler(options.logger));
  return app;
}

function observe({ httpMetrics }: AppOptions): RequestHandler {
  return (req, res, next) => {
    const started = performance.now();
    res.locals['requestId'] = assignRequestId(req, res);
    res.on('finish', () => {
      const route = req.route as { path: string } | undefined;
      const name = route === undefined ? 'unmatched' : req.baseUrl + route.path;
      httpMetrics.observe(name, req.method, res.statusCode, performance.now() - started);
    });
    next();
  };
}

function adminGuard(adminKey: string): RequestHandler {
  const carriesAdminKey = createAdminKeyCheck(adminKey);
  const limiter = new FailureLimiter({
    maxFailures: ADMIN_FAILURES_PER_MINUTE,
    windowMs: 60_000,
    maxAddresses: 10_000,
  });
  return (req, _res, next) => {
    if (carriesAdminKey(req.headers)) {
      next();
      return;
    }
    const waitSeconds = limiter.recordFailure(req.ip ?? '');
    if (waitSeconds > 0) {
      throw new HttpProblem({
        status: 429,
        code: 'too-many-failures',
        detail:
          'Too many requests without a valid admin key came from this address; wait, then send the right key.',
        headers: { 'retry-after': String(waitSeconds) },
      });
    }
    throw new HttpProblem({
      status: 401,
      code: 'admin-key-required',
      detail: 'Send the admin key in the x-admin header.',
    });
  };
}

/** What body parsers and routers of Express throw: an HTTP status and whether it may be shown. */
interface HttpErrorLike {
  status: number;
  expose: boolean;
  message: string;
}

function isHttpError(error: unknown): error is HttpErrorLike {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}

function errorHandler(logger: Logger): ErrorRequestHandler {
  const logUnavailable = sampledWarning(logger, 'http.unavailable', UNAVAILABLE_LOGGED_PER_SECOND);
  return (error: unknown, req, res, next) => {
    const requestId = String(res.locals['requestId']);
    if (error instanceof RequestAbortedError) return;
    if (res.headersSent) {
      next(error);
      return;
    }
    if (error instanceof HttpProblem) {
      if (error.status >= 500) {
        logUnavailable({ request_id: requestId, path: req.path, error });
      }
      sendProblem(res, error, requestId);
      return;
    }
    if (isHttpError(error) && error.status < 500) {
      sendProblem(res, problemFromHttpError(error), requestId);
      return;
    }
    logger.error('http.failed', {
      request_id: requestId,
      method: req.method,
      path: req.path,
      error,
    });
    sendProblem(
      res,
      new HttpProblem({
        status: 500,
        code: 'internal',
        detail:
          'The request failed for a reason on our side; the log has it under this request_id.',
      }),
      requestId,
    );
  };
}

const CODES: Readonly<Record<number, string>> = {
  400: 'malformed',
  413: 'too-large',
  415: 'unsupported-media-type',
};

function problemFromHttpError(error: HttpErrorLike): HttpProblem {
  return new HttpProblem({
    status: error.status,
    code: CODES[error.status] ?? 'bad-request',
    detail: error.message,
  });
}
