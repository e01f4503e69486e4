import { once } from 'node:events';
import { Agent, request, type IncomingMessage, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Health } from './health.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { recordLogs } from '../test/app.ts';

const agent = new Agent({ keepAlive: true });
const started: HttpServer[] = [];

afterEach(async () => {
  agent.destroy();
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

async function start(handler: RequestListener, drainMs = 0) {
  const health = new Health({}, recordLogs().logger);
  const server = createHttpServer({ handler, host: '127.0.0.1', port: 0, health, drainMs });
  started.push(server);
  const port = await server.start();
  return { server, health, port };
}

async function get(port: number): Promise<{ text: string; headers: IncomingMessage['headers'] }> {
  const req = request({ host: '127.0.0.1', port, agent }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of res.setEncoding('utf8')) text += chunk as string;
  return { text, headers: res.headers };
}

/** A handler whose answers wait for `answer`, and a promise for the first request. */
function heldBack() {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const handler: RequestListener = (_req, res) => {
    arrived.resolve();
    void release.promise.then(() => res.end('answered'));
  };
  return { handler, arrived: arrived.promise, answer: release.resolve };
}

describe('the HTTP server', () => {
  test('says on which free port it listens', async () => {
    const { port } = await start((_req, res) => res.end('hello'));
    expect(port).toBeGreaterThan(0);
    expect((await get(port)).text).toBe('hello');
  });

  test('doesn’t start on a port that is taken, and says why', async () => {
    const { port, health } = await start((_req, res) => res.end());
    const second = createHttpServer({ handler: () => {}, host: '127.0.0.1', port, health });
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.stop();
  });
});

describe('its stop', () => {
  test('answers the requests in flight, then refuses new connections', async () => {
    const { handler, arrived, answer } = heldBack();
    const { server, health, port } = await start(handler);
    const inFlight = get(port);
    await arrived;
    const stopped = server.stop();
    expect(health.draining).toBe(true);
    answer();
    expect((await inFlight).text).toBe('answered');
    await stopped;
    const late = connect(port, '127.0.0.1');
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('still answers while a load balancer takes notice', async () => {
    const { server, port } = await start((_req, res) => res.end('still here'), 200);
    const stopped = server.stop();
    expect((await get(port)).text).toBe('still here');
    await stopped;
  });

  test('gives an open connection a last answer that closes it', async () => {
    const { server, port } = await start((_req, res) => res.end('hello'));
    const first = await get(port);
    expect(first.headers.connection).toBe('keep-alive');
    const refused = new Promise<void>((resolve) => {
      const tryNew = () => {
        const probe = connect(port, '127.0.0.1');
        probe.once('error', () => {
          resolve();
        });
        probe.once('connect', () => {
          probe.destroy();
          setImmediate(tryNew);
        });
      };
      void server.stop();
      tryNew();
    });
    await refused;
    // New connections are refused by now; this one goes over the connection that is open.
    const last = await get(port);
    expect([last.text, last.headers.connection]).toEqual(['hello', 'close']);
    await server.stop();
  });

  test('is the same stop when asked twice, and fine before a start', async () => {
    const { server } = await start((_req, res) => res.end());
    expect(server.stop()).toBe(server.stop());
    await server.stop();
    await server.stop();
    const health = new Health({}, recordLogs().logger);
    const never = createHttpServer({ handler: () => {}, host: '127.0.0.1', port: 0, health });
    await never.stop();
    expect(health.draining).toBe(true);
  });

  test('closes connections without a request', async () => {
    const { server, port } = await start((_req, res) => res.end());
    const idle = connect(port, '127.0.0.1').resume();
    await once(idle, 'connect');
    const closed = once(idle, 'close');
    await server.stop();
    await closed;
  });

  test('doesn’t wait forever for clients that are stuck', async () => {
    const { server, port } = await start(() => {});
    const requests = [
      'GET / HTTP/1.1\r\nhost: never-gets-its-answer\r\n\r\n',
      'POST / HTTP/1.1\r\nhost: never-ends-its-request\r\ncontent-length: 9\r\n\r\nhalf',
      'POST / HTTP/1.1\r\nhost: never-ends-its-headers\r\n',
    ];
    const clients = requests.map((text) => {
      const client = connect(port, '127.0.0.1').resume();
      client.on('error', () => {});
      client.write(text);
      return client;
    });
    await Promise.all(clients.map((client) => once(client, 'connect')));
    const closed = Promise.all(clients.map((client) => once(client, 'close')));
    await server.stop();
    await closed;
  });
});
