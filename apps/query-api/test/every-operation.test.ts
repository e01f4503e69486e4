import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { countsEventSchema } from '@nexmdm/contracts';
import {
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import type { JsonSchema } from '../src/api/json-schema.ts';
import type { OpenApiDocument, OperationObject, ResponseObject } from '../src/api/openapi-types.ts';
import { DEVICES, fillFleet, PREPARED_CALLS, type PreparedCall } from './prepared-calls.ts';
import { schemaCheck } from './schema-check.ts';

/** Apart from the streams of other tests. */
const REDIS_DATABASE = 7;

interface Documented {
  method: string;
  path: string;
  operation: OperationObject;
}

let database: TestDatabase;
let app: AppProcess;
let document: OpenApiDocument;
let operations: Documented[];
let check: (schema: JsonSchema, value: unknown) => string[];

beforeAll(async () => {
  database = await createTestDatabase();
  await fillFleet(database);
  app = await startApp('query-api', {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(REDIS_DATABASE),
  });
  document = (await (await fetch(`${app.url}/openapi.json`)).json()) as OpenApiDocument;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  check = schemaCheck(document);
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

type Request = Omit<PreparedCall, 'operationId' | 'status'>;

async function send(
  { method, path }: Documented,
  request: Request,
  headers: Readonly<Record<string, string>> = { 'x-admin': TEST_ADMIN_KEY },
): Promise<Response> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => request.path?.[name] ?? '');
  const { body, contentType = 'application/json' } = request;
  const withBody =
    body === undefined
      ? { headers }
      : {
          headers: { ...headers, 'content-type': contentType },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        };
  const query = request.query === undefined ? '' : `?${request.query}`;
  return fetch(`${app.url}${filled}${query}`, { method: method.toUpperCase(), ...withBody });
}

/** Fails unless the answer is one that the document describes, to the last field. */
async function expectDocumented({ operation }: Documented, response: Response): Promise<void> {
  const described = operation.responses[String(response.status)];
  const what = `${operation.operationId} ${response.status}`;
  if (described === undefined) throw new Error(`${what} is not documented.`);
  const name = '$ref' in described ? described.$ref.replace('#/components/responses/', '') : '';
  const { content = {}, headers = {} } =
    '$ref' in described ? (document.components.responses[name] ?? {}) : described;
  expectHeaders(what, response, headers);
  const [type, media] = Object.entries(content)[0] ?? [];
  expect([what, mediaType(response)]).toEqual([what, type]);
  if (type === 'text/event-stream') {
    await expectFirstEvent(response);
    return;
  }
  const text = await response.text();
  if (media === undefined) expect(text).toBe('');
  else if (type?.endsWith('json') !== true) expect(text).not.toBe('');
  else expect([what, ...check(media.schema, JSON.parse(text))]).toEqual([what]);
}

/** Those that tell something of their own; what every answer has is not documented. */
function expectHeaders(
  what: string,
  response: Response,
  documented: NonNullable<ResponseObject['headers']>,
): void {
  for (const [name, { required, schema }] of Object.entries(documented)) {
    const text = response.headers.get(name);
    if (!required && text === null) continue;
    const value = schema.type === 'integer' ? Number(text ?? Number.NaN) : text;
    expect([what, name, ...check(schema, value)]).toEqual([what, name]);
  }
  const names = Object.keys(documented).map((name) => name.toLowerCase());
  const telling = response.ok ? ['link', 'x-read-path'] : ['retry-after'];
  const untold = telling.filter((name) => response.headers.has(name) && !names.includes(name));
  expect([what, ...untold]).toEqual([what]);
}

function mediaType(response: Response): string | undefined {
  return response.headers.get('content-type')?.split(';')[0];
}

/** The stream stays open, so only its beginning is read. */
async function expectFirstEvent(response: Response): Promise<void> {
  let text = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(
    new TextDecoderStream(),
  )) {
    text += chunk;
    if (/^data: .*\n\n/m.test(text)) break;
  }
  const [, event, data = ''] = /^event: (\w+)\ndata: (.*)\n\n/m.exec(text) ?? [];
  expect(event).toBe('counts');
  expect(countsEventSchema.safeParse(JSON.parse(data)).error).toBeUndefined();
}

/** A request of an operation that succeeds, but for what a test changes of it. */
function goodRequest({ operation }: Documented): Request {
  const call = PREPARED_CALLS.find(({ operationId }) => operationId === operation.operationId);
  return call ?? {};
}

function find(operationId: string): Documented {
  const found = operations.find(({ operation }) => operation.operationId === operationId);
  if (found === undefined) throw new Error(`The document has no operation ${operationId}.`);
  return found;
}

test('every documented operation, and every success of it, has a call prepared here', () => {
  const documented = operations.flatMap(({ operation }) =>
    Object.keys(operation.responses)
      .filter((status) => status.startsWith('2'))
      .map((status) => `${operation.operationId} ${status}`),
  );
  const prepared = PREPARED_CALLS.map(({ operationId, status }) => `${operationId} ${status}`);
  expect(documented.filter((success) => !prepared.includes(success))).toEqual([]);
});

describe('the answer is what the document says', () => {
  test.each(PREPARED_CALLS.map((call) => [`${call.operationId} ${call.status}`, call] as const))(
    '%s %j',
    async (_name, call) => {
      const documented = find(call.operationId);
      const response = await send(documented, call);
      expect(response.status).toBe(call.status);
      await expectDocumented(documented, response);
    },
  );
});

describe('so are the problems of every operation', () => {
  /** Sends a request to each operation that it fits, and expects this status. */
  async function expectProblem(
    status: number,
    requestFor: (documented: Documented) => Request | undefined,
  ): Promise<void> {
    let sent = 0;
    for (const documented of operations) {
      const request = requestFor(documented);
      if (request === undefined) continue;
      sent += 1;
      const response = await send(documented, request);
      const what = `${documented.operation.operationId} ${response.status}`;
      expect(what).toBe(`${documented.operation.operationId} ${status}`);
      await expectDocumented(documented, response);
    }
    expect(sent).toBeGreaterThan(0);
  }

  test('422 for a parameter that nobody knows', async () => {
    await expectProblem(422, (documented) => ({ ...goodRequest(documented), query: 'no_such=1' }));
  });

  test('422 for a header that is not valid, and every change takes its operator from one', async () => {
    const headers = { 'x-admin': TEST_ADMIN_KEY, 'x-operator': 'ü' };
    const changes = operations.filter(({ method }) => method !== 'get');
    const documented = operations.filter(({ operation }) =>
      operation.parameters?.some(({ in: place }) => place === 'header'),
    );
    expect(documented).toEqual(changes);
    for (const one of changes) {
      const response = await send(one, goodRequest(one), headers);
      expect([one.operation.operationId, response.status]).toEqual([
        one.operation.operationId,
        422,
      ]);
      expect(await response.clone().text()).toContain('"path":"x-operator"');
      await expectDocumented(one, response);
    }
  });

  test('404 for a device or a flag that there is not', async () => {
    await expectProblem(404, (documented) => {
      if (!documented.path.includes('{')) return undefined;
      const path = { id: DEVICES.unknown, name: 'no-such-flag' };
      return { ...goodRequest(documented), path };
    });
  });

  test('400 for a cursor of another list', async () => {
    await expectProblem(400, (documented) => {
      const { parameters = [] } = documented.operation;
      if (!parameters.some(({ name }) => name === 'cursor')) return undefined;
      return { ...goodRequest(documented), query: 'cursor=x' };
    });
  });

  test('400 for a body that is not JSON, 415 for another type', async () => {
    const withBody = (request: Request) => (documented: Documented) =>
      documented.operation.requestBody?.content['application/json'] === undefined
        ? undefined
        : { ...goodRequest(documented), ...request };
    await expectProblem(400, withBody({ body: '{' }));
    await expectProblem(415, withBody({ body: '{}', contentType: 'text/plain' }));
    await expectProblem(422, withBody({ body: { no_such: 1 } }));
  });

  test('405 for every other method, with those that the path takes', async () => {
    const paths = Object.entries(document.paths).map(
      ([path, methods]) => [path, Object.keys(methods)] as const,
    );
    for (const [path, methods] of [
      ...paths,
      ['/docs', ['get']],
      ['/openapi.json', ['get']],
    ] as const) {
      const takes = methods.flatMap((one) => (one === 'get' ? ['GET', 'HEAD'] : one.toUpperCase()));
      const filled = path.replaceAll(/\{\w+\}/g, DEVICES.unknown);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        if (takes.includes(method)) continue;
        const headers = { 'x-admin': TEST_ADMIN_KEY };
        const { status, headers: answered } = await fetch(app.url + filled, { method, headers });
        const allowed = answered.get('allow')?.split(', ').sort();
        expect([method, path, status, allowed]).toEqual([method, path, 405, takes.sort()]);
      }
    }
  });

  test('401 without the admin key, and 429 when that goes on', async () => {
    for (const documented of operations) {
      const response = await send(documented, goodRequest(documented), {});
      expect([401, 429]).toContain(response.status);
      await expectDocumented(documented, response);
    }
  });
});
