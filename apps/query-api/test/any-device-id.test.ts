import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startRegistryStack, type RegistryStack } from './registry-stack.ts';

/** PostgreSQL takes any 128 bits for a UUID; these are of no version that RFC 9562 knows. */
const IDS = [
  '00000000-0000-0000-0000-000000000001',
  '12345678-1234-1234-1234-123456789012',
  '12345678-1234-1234-1234-123456789013',
];
const ID = IDS[1] as string;
const TOKEN = 'the token until now';

interface Page {
  devices: { id: string }[];
  heartbeats: { ts: string }[];
  pagination: { next_cursor: string | null };
}

let stack: RegistryStack;

beforeAll(async () => {
  stack = await startRegistryStack(1);
  const { database } = stack;
  await database.query('CREATE TABLE any_day PARTITION OF device_heartbeats DEFAULT');
  await database.query(
    `INSERT INTO devices (id, alias, token_id)
     SELECT id, id::text, CASE WHEN id = $2 THEN $3 END FROM unnest($1::uuid[]) id`,
    [IDS, ID, createHash('sha256').update(TOKEN).digest('hex')],
  );
  await database.query(
    `INSERT INTO device_heartbeats (device_id, ts, received_at)
     SELECT $1::uuid, t, t FROM unnest($2::timestamptz[]) t`,
    [ID, [new Date(Date.now() - 60_000), new Date(Date.now() - 120_000)]],
  );
});
afterAll(async () => {
  await stack.close();
});

const read = <Body>(path: string) => stack.call<Body>('GET', path);

/** All that a list has, one entry a page. */
async function walk<Key extends 'devices' | 'heartbeats'>(path: string, list: Key) {
  const seen: Page[Key][number][] = [];
  let cursor = '';
  do {
    const { status, body } = await read<Page>(`${path}?limit=1${cursor}`);
    expect(status).toBe(200);
    seen.push(...body[list]);
    const next = body.pagination.next_cursor;
    cursor = next === null ? '' : `&cursor=${next}`;
  } while (cursor !== '');
  return seen;
}

test('a device is listed and read by any id that the database takes', async () => {
  const listed = await walk('/v1/devices', 'devices');
  expect(listed.map(({ id }) => id)).toEqual(IDS);
  for (const id of [ID, IDS[0]]) {
    expect(await read(`/v1/devices/${id}`)).toMatchObject({ status: 200, body: { id } });
  }
});

test('so is its history', async () => {
  expect(await walk(`/v1/devices/${ID}/heartbeats`, 'heartbeats')).toHaveLength(2);
  const availability = await read(`/v1/devices/${ID}/availability`);
  expect(availability).toMatchObject({ status: 200, body: { device_id: ID, heartbeats: 2 } });
});

test('it is heard, changed, deleted and restored by it', async () => {
  const path = `/v1/devices/${ID}`;
  expect(await stack.send(TOKEN)).toEqual([202]);
  const rotated = await stack.call<{ device_token: string }>('POST', `${path}/rotate-token`);
  expect(rotated).toMatchObject({ status: 200, body: { device_id: ID } });
  expect(await stack.send(rotated.body.device_token)).toEqual([202]);
  expect((await stack.call('PATCH', path, { alias: 'Renamed' })).status).toBe(200);
  for (const id of IDS) {
    expect((await stack.call('DELETE', `/v1/devices/${id}`)).status).toBe(204);
  }
  const deleted = await walk('/v1/devices/deleted', 'devices');
  expect(deleted).toHaveLength(IDS.length);
  const restored = await stack.call('POST', `${path}/restore`);
  expect(restored).toMatchObject({ status: 200, body: { id: ID, alias: 'Renamed' } });
});
