import { afterEach, describe, expect, test } from '@jest/globals';
import type { Express } from 'express';
import { readJsonBody } from './body.ts';
import { ByteBudget } from './byte-budget.ts';
import { HttpProblem, unavailable } from './problem.ts';
import { ADMIN, startTestApp, type TestApp, type TestAppOptions } from '../test/app.ts';

const apps: TestApp[] = [];
afterEach(() => {
  for (const app of apps.splice(0)) app.close();
});

async function startApp(options?: TestAppOptions): Promise<TestApp> {
  const app = await startTestApp(options);
  apps.push(app);
  return app;
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({
    status: response.status,
    request_id: response.headers.get('x-request-id'),
  });
  return problem;
}

describe('an error', () => {
  const secret = 'postgres://nexmdm:hunter2@db';
  const addRoutes = (app: Express) => {
    app.get('/boom', () => {
      throw new Error(secret);
    });
    app.get('/rejects', () => Promise.reject(new TypeError(secret)));
    app.get('/away', () => {
      throw unavailable('The database is not available; try again.', new Error(secret));
    });
    app.get('/devices/:id', (req) => {
      throw new HttpProblem({
        status: 422,
        code: 'validation-failed',
        detail: `${req.params.id} is not valid`,
        errors: [{ path: 'id', message: 'must be a UUID' }],
        headers: { 'x-hint': 'see errors' },
      });
    });
    app.get('/begun', (_req, res) => {
      res.write('half an answer');
      throw new Error(secret);
    });
    app.post('/body', async (req, res) => {
      res.json(await readJsonBody(req, 1024, new ByteBudget(1024)));
    });
  };

  test.each(['/boom', '/rejects'])(
    'nobody expected is a 500 that tells nothing, and is logged: %s',
    async (path) => {
      const { url, logs } = await startApp({ addRoutes });
      const response = await fetch(url + path);
      const problem = await problemOf(response);
      expect(problem).toMatchObject({ status: 500, type: 'urn:nexmdm:problem:internal' });
      expect(JSON.stringify(problem)).not.toMatch(/hunter2|TypeError|stack|\.ts/);
      expect(logs).toMatchObject([
        {
          level: 'error',
          event: 'http.failed',
          fields: { path, request_id: problem['request_id'] },
        },
      ]);
    },
  );

  test('of a dependency is a 503 with a time to wait, and is logged', async () => {
    const { url, logs } = await startApp({ addRoutes });
    const response = await fetch(`${url}/away`);
    const wait = Number(response.headers.get('retry-after'));
    expect(wait >= 2 && wait <= 10).toBe(true);
    expect(await problemOf(response)).toMatchObject({
      detail: 'The database is not available; try again.',
    });
    expect(logs).toMatchObject([{ level: 'warn', event: 'http.unavailable' }]);
  });

  test('of the client says what is wrong, field by field', async () => {
    const { url, logs } = await startApp({ addRoutes });
    const response = await fetch(`${url}/devices/7`);
    expect(response.headers.get('x-hint')).toBe('see errors');
    expect(await problemOf(response)).toEqual({
      type: 'urn:nexmdm:problem:validation-failed',
      title: 'Unprocessable Entity',
      status: 422,
      detail: '7 is not valid',
      errors: [{ path: 'id', message: 'must be a UUID' }],
      request_id: expect.any(String),
    });
    expect(logs).toEqual([]);
  });

  test.each([
    ['GET', '/nothing', 404],
    ['DELETE', '/boom', 404],
    ['GET', '/devices/%E0%A4%A', 400],
  ])('of a path nobody serves: %s %s is %i', async (method, path, status) => {
    const { url } = await startApp({ addRoutes });
    expect(await problemOf(await fetch(url + path, { method }))).toMatchObject({ status });
  });

  test('of a client that went away is nobody’s', async () => {
    const { url, logs } = await startApp({ addRoutes });
    const leaving = new AbortController();
    const body = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(new TextEncoder().encode(' '));
        leaving.abort();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const request = {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
      signal: leaving.signal,
    } as const;
    await expect(fetch(`${url}/body`, request)).rejects.toThrow('aborted');
    const answer = await fetch(`${url}/body`, {
      method: 'POST',
      headers,
      body: '{"still":"here"}',
    });
    expect(await answer.json()).toEqual({ still: 'here' });
    expect(logs).toEqual([]);
  });

  test('in the middle of an answer ends the connection', async () => {
    const { url } = await startApp({ addRoutes });
    const response = await fetch(`${url}/begun`);
    await expect(response.text()).rejects.toThrow('terminated');
  });
});

describe('every answer', () => {
  test('carries the caller’s request id when it is fit for a log, else a new one', async () => {
    const { url } = await startApp();
    const idFor = async (id?: string) => {
      const response = await fetch(
        `${url}/livez`,
        id === undefined ? {} : { headers: { 'x-request-id': id } },
      );
      return response.headers.get('x-request-id');
    };
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    for (const id of ['a', 'Root=1-67891233-abcdef', 'x'.repeat(128), 'a/b+c:d.e_f']) {
      expect(await idFor(id)).toBe(id);
    }
    for (const id of [undefined, 'x'.repeat(129), 'a b', 'a"b', 'a,b', 'ä']) {
      expect(await idFor(id)).toMatch(uuid);
    }
    expect(await idFor()).not.toBe(await idFor());
  });

  test('has safe headers and doesn’t say what it was made with', async () => {
    const { url } = await startApp();
    const { headers } = await fetch(`${url}/livez`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.has('x-powered-by')).toBe(false);
  });

  test('writes 64-bit integers exactly', async () => {
    const { url } = await startApp({
      addRoutes: (app) => {
        app.get('/code', (_req, res) => {
          res.json({ code: 2n ** 63n - 1n });
        });
      },
    });
    expect(await (await fetch(`${url}/code`)).text()).toBe('{"code":9223372036854775807}');
  });

  test('is counted under its route, never its path', async () => {
    const { url, metrics } = await startApp({
      addRoutes: (app, requireAdmin) => {
        app.get('/devices/:id', requireAdmin, (_req, res) => {
          res.json({});
        });
      },
    });
    await fetch(`${url}/devices/1`, { headers: ADMIN });
    await fetch(`${url}/devices/2?x=y`, { headers: ADMIN });
    await fetch(`${url}/devices/3`);
    await fetch(`${url}/guess/a`);
    await fetch(`${url}/guess/b`, { method: 'POST' });
    const text = await metrics();
    const counted = (name: string) => {
      const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
      return lines.map((line) => {
        const label = (of: string) => new RegExp(`${of}="(.*?)"`).exec(line)?.[1];
        return [label('route'), label('method'), label('status'), line.split(' ').at(-1)].join(' ');
      });
    };
    const expected = [
      '/devices/:id GET 200 2',
      '/devices/:id GET 401 1',
      'unmatched GET 404 1',
      'unmatched POST 404 1',
    ];
    expect(counted('http_requests_total')).toEqual(expected);
    expect(counted('http_request_latency_ms_count')).toEqual(expected);
    expect(text).not.toMatch(/guess|devices\/[123]/);
  });
});
