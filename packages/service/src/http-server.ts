import { createServer, type RequestListener, type Server } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import { pause } from './backoff.ts';
import type { Health } from './health.ts';

export interface HttpServerOptions {
  handler: RequestListener;
  host: string;
  port: number;
  health: Health;
  /**
   * How long a stop goes on as if nothing were, but for `/readyz`: the time for a load balancer to
   * notice.
   */
  drainMs?: number;
}

export interface HttpServer {
  /** Listens, and returns the port (a free one when 0 was asked for). */
  start(): Promise<number>;
  /** Answers every request that was taken, then closes; twice is fine. */
  stop(): Promise<void>;
}

const DRAIN_MS = 1_000;
/** How long a connection that is kept alive has for a last request, which ends it. */
const LAST_REQUEST_MS = 1_500;
/** A client that doesn't finish its request by then is cut off. */
const CUT_OFF_MS = 5_000;
/** Nobody has come for so long: clients that had their answer are back, and wait. */
const SETTLED_MS = 20;
const HOLD_MAX_MS = 300;

/**
 * An HTTP server with bounds on how long a client may take, and a stop that answers every request on
 * a connection that it has accepted.
 *
 * A connection that is closed while the client sends its next request into it is the usual way to
 * lose one. So the stop first closes only the door; connections that are open get each its next
 * answer with `connection: close`, and only those without a request for a while are closed.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { handler, host, port, health, drainMs = DRAIN_MS } = options;
  let doorClosed = false;
  let lastArrival = 0;
  let held: (() => void)[] | undefined;
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      // Longer than the idle timeout of the usual load balancers (60 s), so that they close first.
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5_000,
    },
    (req, res) => {
      const answer = () => {
        if (doorClosed) res.setHeader('connection', 'close');
        handler(req, res);
      };
      lastArrival = performance.now();
      if (held) held.push(answer);
      else answer();
    },
  );
  server.on('connection', () => {
    lastArrival = performance.now();
  });

  /**
   * Connections that the kernel has completed and the event loop has not accepted yet, one a turn,
   * are reset when the door closes. Without answers for a moment clients open no new ones, and all
   * that wait can be accepted first.
   */
  const closeDoorWhenNobodyWaits = async (): Promise<{ allClosed: Promise<void> }> => {
    held = [];
    const heldSince = performance.now();
    lastArrival = heldSince;
    const isSettled = (now: number) =>
      now - lastArrival > SETTLED_MS || now - heldSince > HOLD_MAX_MS;
    while (!isSettled(performance.now())) await nextTurn();
    doorClosed = true;
    const allClosed = closeDoor(server);
    for (const answer of held) answer();
    held = undefined;
    return { allClosed };
  };

  const stopServer = async () => {
    health.drain();
    if (!server.listening) return;
    await pause(drainMs);
    const { allClosed } = await closeDoorWhenNobodyWaits();
    await closeConnections(server, allClosed);
  };
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
      stopping ??= stopServer();
      return stopping;
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Stops listening and leaves connections alone, which closing the HTTP server would not. */
function closeDoor(server: Server): Promise<void> {
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => {
      resolve();
    });
  });
}

async function closeConnections(server: Server, allClosed: Promise<void>): Promise<void> {
  const closeIdle = setTimeout(() => {
    // The HTTP server's own close also ends its timers.
    server.close();
  }, LAST_REQUEST_MS);
  const closeAll = setTimeout(() => {
    server.closeAllConnections();
  }, CUT_OFF_MS);
  await allClosed;
  clearTimeout(closeIdle);
  clearTimeout(closeAll);
  server.close();
}
