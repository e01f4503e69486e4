import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, RequestHandler } from 'express';
import { createApp } from '../src/app.ts';
import { Health, type ReadinessCheck } from '../src/health.ts';
import type { LogFields, Logger } from '../src/logger.ts';
import { createHttpMetrics, createMetricsRegistry } from '../src/metrics.ts';

export const ADMIN_KEY = 'admin-key-0123456789';
export const ADMIN = { 'x-admin': ADMIN_KEY };

export interface LogEntry {
  level: string;
  event: string;
  fields: LogFields;
}

/** A logger for tests, and what it was told. */
export function recordLogs(): { logger: Logger; logs: LogEntry[] } {
  const logs: LogEntry[] = [];
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      logs.push({ level, event, fields });
    };
  const [debug, info, warn, error] = ['debug', 'info', 'warn', 'error'].map(write);
  const logger = { debug, info, warn, error, close: () => Promise.resolve() } as Logger;
  return { logger, logs };
}

export interface TestApp {
  url: string;
  health: Health;
  logs: LogEntry[];
  metrics(): Promise<string>;
  close(): void;
}

export interface TestAppOptions {
  checks?: Record<string, ReadinessCheck>;
  addRoutes?: (app: Express, requireAdmin: RequestHandler) => void;
  trustProxyHops?: number;
}

/** An app on a real server, for tests. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { logger, logs } = recordLogs();
  const health = new Health(options.checks ?? {}, logger);
  const registry = createMetricsRegistry('test');
  const app = createApp(
    {
      logger,
      health,
      registry,
      httpMetrics: createHttpMetrics(registry),
      adminKey: ADMIN_KEY,
      trustProxyHops: options.trustProxyHops ?? 0,
    },
    options.addRoutes,
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    health,
    logs,
    metrics: () => registry.metrics(),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
