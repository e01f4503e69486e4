import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode, messageOf, StartError } from './start-error.ts';

const LOCALHOST = '127.0.0.1';
// Below the range from which Linux takes the ports of outgoing connections, so that a port found
// free is not taken by one of those before its server opens it.
const TEST_PORTS = { min: 20_000, max: 32_000 };
const ATTEMPTS = 100;
const RETRY_MS = 200;

/** Opens and closes the port; resolves to the error that prevented it. */
async function tryPort(port: number, host: string): Promise<unknown> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A port of this machine that nothing listens on now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(TEST_PORTS.min, TEST_PORTS.max);
    if ((await tryPort(port, LOCALHOST)) === undefined) return port;
  }
  throw new StartError(`No free port between ${TEST_PORTS.min} and ${TEST_PORTS.max} was found`);
}

export interface PortUse {
  readonly port: number;
  readonly settingName: string;
  /** Who wants it, as in "the ingest API". */
  readonly what: string;
  readonly host?: string;
}

export interface PortCheckOptions {
  /**
   * How long a port in use may still become free: the servers of a launcher that was killed are
   * just going away.
   */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
}

export async function assertPortFree(use: PortUse, options: PortCheckOptions = {}): Promise<void> {
  const { port, settingName, what, host = LOCALHOST } = use;
  const { graceMs = 0, signal } = options;
  const deadline = performance.now() + graceMs;
  let error = await tryPort(port, host);
  while (errorCode(error) === 'EADDRINUSE' && performance.now() < deadline) {
    await delay(RETRY_MS, undefined, { ...(signal && { signal }) });
    error = await tryPort(port, host);
  }
  if (error === undefined) return;
  const name = `Port ${port} (${settingName}, ${what})`;
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      throw new StartError(
        `${name} is in use by another program. Stop what uses it or set ${settingName} to another port.`,
      );
    case 'EACCES':
      throw new StartError(
        `${name} may not be opened by this user. Set ${settingName} to a port above 1023.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      throw new StartError(`${host} (HOST) is not an address of this machine.`);
    case undefined:
    default:
      throw new StartError(`${name} can't be opened: ${messageOf(error)}`);
  }
}
