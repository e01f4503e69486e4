import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health } from './health.ts';

export interface HttpServerOptions {
  handler: RequestListener;
  host: string;
  port: number;
  health: Health;
  /**
   * How long requests are still taken after the stop began. In that time every answer asks the
   * client to close its connection, so that none is sent into a connection that is going away.
   */
  drainMs?: number;
}

export interface HttpServer {
  /** Listens, and returns the port (a free one when 0 was asked for). */
  start(): Promise<number>;
  stop(): Promise<void>;
}

const DRAIN_MS = 1_000;
/** A client that doesn't finish its request by then is cut off. */
const LAST_REQUESTS_MS = 6_000;

/**
 * An HTTP server with bounds on how long a client may take, whose stop answers every request that
 * it took. Handlers set `connection: close` while `health.draining`.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { handler, host, port, health, drainMs = DRAIN_MS } = options;
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      // Longer than the idle timeout of the usual load balancers (60 s), so that they close first.
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5_000,
    },
    handler,
  );
  server.maxRequestsPerSocket = 0;
  let stopping: Promise<void> | undefined;

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: 4096 }, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    stop() {
      stopping ??= stopServer(server, health, drainMs);
      return stopping;
    },
  };
}

async function stopServer(server: Server, health: Health, drainMs: number): Promise<void> {
  health.drain();
  if (!server.listening) return;
  await new Promise((resolve) => {
    setTimeout(resolve, drainMs);
  });
  // setImmediate runs right after the loop accepted what was waiting, so that no connection that
  // the kernel already completed is reset.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  const cutOff = setTimeout(() => {
    server.closeAllConnections();
  }, LAST_REQUESTS_MS);
  await closed;
  clearTimeout(cutOff);
}
