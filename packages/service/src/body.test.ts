import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { stringifyExactJson } from '@nexmdm/contracts';
import { waitFor } from '@nexmdm/testing';
import { readJsonBody, RequestAbortedError } from './body.ts';
import { ByteBudget } from './byte-budget.ts';
import { HttpProblem, sendProblem } from './problem.ts';

const MAX_BYTES = 1024;
const BUDGET_BYTES = 4 * MAX_BYTES;
const budget = new ByteBudget(BUDGET_BYTES);

let server: Server;
let url: string;
/** What reading threw that is not an answer. */
let failures: unknown[];

beforeAll(async () => {
  server = createServer((req, res) => {
    readJsonBody(req, MAX_BYTES, budget).then(
      (body) => res.end(stringifyExactJson({ got: body })),
      (error: unknown) => {
        if (error instanceof HttpProblem) sendProblem(res, error, 'id');
        else failures.push(error);
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  failures = [];
});

const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP = { ...JSON_TYPE, 'content-encoding': 'gzip' };

async function post(body: string | Buffer, headers: Record<string, string> = JSON_TYPE) {
  const bytes = typeof body === 'string' ? body : new Uint8Array(body);
  const response = await fetch(url, { method: 'POST', headers, body: bytes });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends a body in pieces, without saying how long it will be; resolves with the status. */
async function postInPieces(piece: Buffer, pieces: number): Promise<number | undefined> {
  const req = request(url, { method: 'POST', headers: JSON_TYPE });
  const answered = once(req, 'response') as Promise<[{ statusCode?: number }]>;
  for (let sent = 0; sent < pieces; sent += 1) req.write(piece);
  req.end();
  const [{ statusCode }] = await answered;
  req.destroy();
  return statusCode;
}

/** A JSON document of exactly so many bytes. */
const documentOf = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));

describe('a JSON body', () => {
  test('is read, plain and as gzip, with integers exact', async () => {
    const body = '{"text":"Überlingen","code":9007199254740993}';
    const expected = { status: 200, text: '{"got":{"text":"Überlingen","code":9007199254740993}}' };
    expect(await post(body)).toMatchObject(expected);
    expect(await post(gzipSync(body), GZIP)).toMatchObject(expected);
    expect(await post(body, { ...JSON_TYPE, 'content-encoding': 'Identity' })).toMatchObject(
      expected,
    );
    expect(await post(gzipSync(body), { ...GZIP, 'content-encoding': 'GZIP' })).toMatchObject(
      expected,
    );
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json ; a=b'])(
    'may be declared as %s',
    async (type) => {
      expect(await post('7', { 'content-type': type })).toMatchObject({ status: 200 });
    },
  );

  test.each(['text/plain', 'application/jsonp', 'application/x-www-form-urlencoded', 'json'])(
    'is refused with 415 as %s, naming the right type',
    async (type) => {
      const answer = await post('{}', { 'content-type': type });
      expect(answer.status).toBe(415);
      expect(answer.headers.get('accept')).toBe('application/json');
    },
  );

  test.each(['br', 'deflate', 'zstd', 'gzip, gzip'])(
    'is refused with 415 when encoded as %s, naming the right encodings',
    async (encoding) => {
      const answer = await post('{}', { ...JSON_TYPE, 'content-encoding': encoding });
      expect(answer.status).toBe(415);
      expect(answer.headers.get('accept-encoding')).toBe('gzip, identity');
    },
  );

  test.each(['', '{', '{"a":1,}', 'undefined', '\uFEFF{}', '{"code":12345678901234567890'])(
    'that is not JSON is refused with 400: %j',
    async (body) => {
      expect(await post(body)).toMatchObject({
        status: 400,
        text: expect.stringContaining('not JSON'),
      });
    },
  );

  test('may be nested as deep as its size allows', async () => {
    const nested = `["1234567890123456",${'['.repeat(490)}${']'.repeat(490)}]`;
    expect((await post(nested)).status).toBe(200);
  });

  test.each([
    ['a wrong byte', Buffer.from([0x22, 0xff, 0x22])],
    ['half a character', Buffer.from([0x22, 0xc3, 0x22])],
    ['half a surrogate pair', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ])('that is not UTF-8 is refused with 400: %s', async (_name, bytes) => {
    expect(await post(bytes)).toMatchObject({
      status: 400,
      text: expect.stringContaining('UTF-8'),
    });
  });

  test.each([
    ['no gzip at all', Buffer.from('{}')],
    ['nothing', Buffer.alloc(0)],
    ['half of it', gzipSync('{"a":1}').subarray(0, 15)],
    ['a broken checksum', Buffer.concat([gzipSync('{}').subarray(0, -8), Buffer.alloc(8, 7)])],
  ])('that is not gzip though it says so is refused with 400: %s', async (_name, bytes) => {
    expect(await post(bytes, GZIP)).toMatchObject({
      status: 400,
      text: expect.stringContaining('not valid gzip'),
    });
  });
});

describe('the size of a body', () => {
  test('may be the limit', async () => {
    expect((await post(documentOf(MAX_BYTES))).status).toBe(200);
    expect((await post(gzipSync(documentOf(MAX_BYTES)), GZIP)).status).toBe(200);
  });

  test.each([MAX_BYTES + 1, 100_000, 20_000_000])(
    'beyond the limit is refused with 413 by its declared length: %i bytes',
    async (bytes) => {
      expect((await post(documentOf(bytes))).status).toBe(413);
    },
  );

  test.each([
    [600, 2],
    [64 * 1024, 300],
  ])(
    'beyond the limit is refused with 413 as it comes: %i bytes %i times',
    async (bytes, pieces) => {
      expect(await postInPieces(Buffer.alloc(bytes, ' '), pieces)).toBe(413);
    },
  );

  test('beyond the limit once inflated is refused with 413', async () => {
    const bomb = gzipSync(documentOf(900_000));
    expect(bomb.length).toBeLessThan(MAX_BYTES);
    expect((await post(bomb, GZIP)).status).toBe(413);
    expect((await post(gzipSync(documentOf(MAX_BYTES + 1)), GZIP)).status).toBe(413);
  });

  test('over the limit doesn’t stop the next request from being taken', async () => {
    await post(documentOf(MAX_BYTES + 1));
    expect((await post('{}')).status).toBe(200);
  });
});

describe('a client that goes away', () => {
  test.each([
    ['says how much would come', 'content-length: 500\r\n\r\n{"half":'],
    ['sends pieces', 'transfer-encoding: chunked\r\n\r\n8\r\n{"half":\r\n'],
    ['has sent no body yet', 'content-length: 500\r\n\r\n'],
  ])('is told apart from every other failure, when it %s', async (_name, rest) => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const arrived = once(server, 'request');
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${rest}`);
    await arrived;
    socket.destroy();
    await waitFor('the failure', () => failures.length > 0);
    expect(failures).toEqual([expect.any(RequestAbortedError)]);
  });
});

describe('requests that together hold too much', () => {
  test('are turned away with 503 until others are over', async () => {
    const { port } = server.address() as AddressInfo;
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    const half = `content-length: ${MAX_BYTES}\r\n\r\n${'x'.repeat(MAX_BYTES - 1)}`;
    const holding = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'));
    for (const socket of holding) socket.write(head + half);
    await waitFor('the budget to be used', () => {
      const room = budget.take(MAX_BYTES);
      if (room) budget.giveBack(MAX_BYTES);
      return !room;
    });
    const { status, headers } = await post(documentOf(MAX_BYTES));
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    for (const socket of holding) socket.destroy();
    await waitFor('room', async () => (await post(documentOf(MAX_BYTES))).status === 200);
    expect(budget.take(BUDGET_BYTES)).toBe(true);
    budget.giveBack(BUDGET_BYTES);
  });
});
