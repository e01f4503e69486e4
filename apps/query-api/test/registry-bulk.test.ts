import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RegisteredDevice } from '@nexmdm/testing';
import { startRegistryStack, type Problem, type RegistryStack } from './registry-stack.ts';

interface Registered {
  registered: number;
  devices: (RegisteredDevice & { line: number; alias: string })[];
}

const CSV = { 'content-type': 'text/csv' };
const NDJSON = { 'content-type': 'application/x-ndjson' };
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

let stack: RegistryStack;
/** Begins the aliases of a test. */
let name: string;

beforeAll(async () => {
  stack = await startRegistryStack(1);
});
afterAll(async () => {
  await stack.close();
});
beforeEach(() => {
  name = randomUUID();
});

const bulk = <Body = Problem>(
  body: string | Uint8Array,
  headers: Record<string, string> = CSV,
  query = '',
) => stack.call<Body>('POST', `/v1/devices/bulk${query}`, body, headers);
const rows = () =>
  stack.database.query<{ id: string; alias: string; hardware_id: string | null }>(
    'SELECT id, alias, hardware_id FROM devices WHERE alias LIKE $1 ORDER BY alias',
    [`${name}%`],
  );

describe('POST /v1/devices/bulk', () => {
  test('registers CSV, in whatever order its columns are', async () => {
    const text = `hardware_id,alias\r\nR1,"${name}, 1"\r\n,${name} 2\r\n`;
    const { status, headers, body } = await bulk<Registered>(text);
    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(body)).toEqual(['registered', 'devices']);
    expect(body.devices.map(({ line, alias }) => [line, alias])).toEqual([
      [2, `${name}, 1`],
      [3, `${name} 2`],
    ]);
    expect(await rows()).toEqual([
      { id: body.devices[1]?.device_id, alias: `${name} 2`, hardware_id: null },
      { id: body.devices[0]?.device_id, alias: `${name}, 1`, hardware_id: 'R1' },
    ]);
    for (const { device_token } of body.devices) {
      expect(Buffer.from(device_token, 'base64url')).toHaveLength(32);
      expect(await stack.send(device_token)).toEqual([202]);
    }
  });

  test('registers NDJSON, as gzip too', async () => {
    const text = `{"alias":"${name} 1","hardware_id":"R1"}\n\n{"alias":"${name} 2"}\n`;
    const zipped = { ...NDJSON, 'content-encoding': 'gzip' };
    const { status, body } = await bulk<Registered>(gzipSync(text), zipped);
    expect(status).toBe(201);
    expect(body).toMatchObject({ registered: 2, devices: [{ line: 1 }, { line: 3 }] });
  });

  test('registers 10,000 devices, and not one more', async () => {
    const lines = range(10_001).map((n) => `${name} ${n}`);
    const tooMany = await bulk(['alias', ...lines].join('\n'));
    expect(tooMany.status).toBe(422);
    expect(tooMany.body.errors).toEqual([
      { path: 'line 10002', message: expect.stringContaining('at most 10000') },
    ]);
    const { status, body } = await bulk<Registered>(['alias', ...lines.slice(1)].join('\n'));
    expect(status).toBe(201);
    expect(new Set(body.devices.map(({ device_token }) => device_token)).size).toBe(10_000);
    expect(await rows()).toHaveLength(10_000);
  });

  test.each(['', '?dry_run=false', '?dry_run=true'])(
    'with bad lines registers nothing and reports each: %s',
    async (query) => {
      await stack.client.register(`${name} taken`);
      const text = ['alias', `${name} 1`, '', `${name} taken`, `${name} 1`, 'x'.repeat(201)];
      const { status, body } = await bulk(text.join('\n'), CSV, query);
      expect(status).toBe(422);
      expect(body.detail).toContain('Nothing was registered: 3 lines are not valid');
      expect(body.errors).toEqual([
        { path: 'line 4', message: 'alias: is taken by another device' },
        { path: 'line 5', message: 'alias: is the same as in line 2' },
        { path: 'line 6', message: expect.stringMatching(/^alias: /) },
      ]);
      expect(await rows()).toHaveLength(1);
    },
  );

  test('names up to 1,000 bad lines, and says how many more there are', async () => {
    const { body } = await bulk(`alias\n${`${name}\n`.repeat(1_502)}`);
    expect(body.errors).toHaveLength(1_000);
    expect(body.errors?.[0]?.path).toBe('line 3');
    expect(body.detail).toContain('1501 lines are not valid');
    expect(body.detail).toContain('501 more');
  });

  test('a dry run says how many it would register, and registers none', async () => {
    const { status, body } = await bulk(`alias\n${name} 1\n${name} 2`, CSV, '?dry_run=true');
    expect([status, body]).toEqual([200, { would_register: 2 }]);
    expect(await rows()).toEqual([]);
  });

  test.each([
    [`colour,alias\nred,A`, CSV, 'line 1', 'colour'],
    ['hardware_id\nR1', CSV, 'line 1', 'alias'],
    ['', CSV, 'line 1', 'header'],
    ['alias\n"A', CSV, 'line 2', 'quote'],
    ['{"alias":"A","colour":"red"}', NDJSON, 'line 1', 'colour'],
    ['{"alias":', NDJSON, 'line 1', 'JSON'],
    ['', NDJSON, 'line 1', 'no device'],
  ])('422 for %j', async (text, headers, line, named) => {
    const { status, body } = await bulk(text, headers);
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ path: line, message: expect.stringContaining(named) }]);
  });

  test('415, 413 and 400 for another type, too much and what is no text', async () => {
    const json = await bulk('[]', { 'content-type': 'application/json' });
    expect(json.status).toBe(415);
    expect(json.body.detail).toContain('text/csv or application/x-ndjson');
    const bomb = gzipSync(`alias\n${'x'.repeat(4 * 1024 * 1024)}`);
    expect((await bulk(bomb, { ...CSV, 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await bulk(Buffer.from('alias\n\xff', 'latin1'))).status).toBe(400);
  });

  test('422 for a query that it doesn’t know, 401 without the key, 405 for other methods', async () => {
    for (const query of ['?dry_run=maybe', '?dryrun=true']) {
      const { status, body } = await bulk(`alias\n${name}`, CSV, query);
      expect(status).toBe(422);
      expect(JSON.stringify(body.errors)).toContain(query.slice(1, query.indexOf('=')));
    }
    expect((await bulk(`alias\n${name}`, { ...CSV, 'x-admin': 'wrong' })).status).toBe(401);
    expect((await stack.call('PUT', '/v1/devices/bulk')).status).toBe(405);
    expect(await rows()).toEqual([]);
  });

  test('of requests at the same time with aliases in common exactly one wins', async () => {
    const lists = [range(500), range(500).toReversed(), range(600).slice(499), [499]].map((list) =>
      ['alias', ...list.map((n) => `${name} ${n}`)].join('\n'),
    );
    const answers = await Promise.all(lists.map((text) => bulk(text)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.toSorted((one, other) => one - other)).toEqual([201, 422, 422, 422]);
    const winner = lists[statuses.indexOf(201)]?.split('\n').slice(1);
    expect((await rows()).map(({ alias }) => alias).sort()).toEqual(winner?.sort());
    for (const { status, body } of answers) {
      if (status === 422) expect(body.errors?.[0]?.message).toContain('taken');
    }
  });
});
