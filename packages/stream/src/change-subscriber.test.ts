import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestServers, waitFor, type TestServers } from '@nexmdm/testing';
import { encodeChanges, type Changes } from './change-message.ts';
import { ChangeSubscriber } from './change-subscriber.ts';
import { CHANGES_CHANNEL } from './keys.ts';
import type { StreamRedis } from './scripts.ts';
import { sampleDevice } from '../test/sample-record.ts';
import { TestConnections, testLogger } from '../test/stream.ts';

let servers: TestServers;
let connections: TestConnections;
let redis: StreamRedis;
let subscriber: ChangeSubscriber;
let received: Changes[];
let availability: boolean[];
let ignored: number;

beforeAll(async () => {
  servers = await startTestServers();
});
afterAll(async () => {
  await servers.close();
});
beforeEach(async () => {
  connections = new TestConnections(servers.redis.url);
  redis = await connections.open();
  [received, availability, ignored] = [[], [], 0];
  subscriber = new ChangeSubscriber({
    url: servers.redis.url,
    name: 'test-subscriber',
    logger: testLogger,
    onChanges: (changes) => received.push(changes),
    onAvailable: (available) => availability.push(available),
    onIgnored: () => {
      ignored += 1;
    },
  });
});
afterEach(async () => {
  await subscriber.stop();
  connections.closeAll();
});

const CHANGES = { changed: 1, ids: [sampleDevice(1)] };
const publish = () => redis.publish(CHANGES_CHANNEL, encodeChanges(CHANGES));
const lastly = (available: boolean) =>
  waitFor(`available: ${available}`, () => availability.at(-1) === available);
/** Until one arrives: those published before the subscription are nobody's. */
const arrives = () =>
  waitFor('a message', async () => {
    await publish();
    return received.length > 0;
  });

describe('a subscriber', () => {
  test('hears what is published, over one connection', async () => {
    subscriber.start();
    await lastly(true);
    expect(await publish()).toBe(1);
    await waitFor('the message', () => received.length === 1);
    expect(received).toEqual([CHANGES]);
    const clients = String(await redis.client('LIST'));
    expect(clients.match(/name=test-subscriber/g)).toHaveLength(1);
  });

  test('leaves out what makes no sense, and counts it', async () => {
    subscriber.start();
    await lastly(true);
    for (const text of ['', 'rubbish', '{"v":1,"n":1,"ids":["x"]}', '\u0000']) {
      await redis.publish(CHANGES_CHANNEL, text);
    }
    await publish();
    await waitFor('the good one', () => received.length === 1);
    expect(ignored).toBe(4);
  });

  test.each(['stop', 'kill'] as const)(
    'says that Redis is away, and comes back (%s)',
    async (how) => {
      subscriber.start();
      await lastly(true);
      await servers.redis[how]();
      await lastly(false);
      await servers.redis.start();
      await lastly(true);
      await waitFor('the connection', () => redis.status === 'ready');
      await arrives();
      expect(availability).toEqual([true, false, true]);
    },
  );

  test('notices a Redis that doesn’t answer any more', async () => {
    subscriber.start();
    await lastly(true);
    servers.redis.freeze();
    try {
      await lastly(false);
    } finally {
      servers.redis.thaw();
    }
    await lastly(true);
    await arrives();
  });

  test('waits for a Redis that isn’t there yet', async () => {
    await servers.redis.stop();
    subscriber.start();
    await servers.redis.start();
    await lastly(true);
    expect(availability).toEqual([true]);
  });

  test('subscribes as soon as it is allowed to', async () => {
    await redis.call('ACL', 'SETUSER', 'default', 'resetchannels');
    try {
      subscriber.start();
      await waitFor('the connection', async () =>
        String(await redis.client('LIST')).includes('test-subscriber'),
      );
      await redis.call('ACL', 'SETUSER', 'default', 'allchannels');
      await lastly(true);
    } finally {
      await redis.call('ACL', 'SETUSER', 'default', 'allchannels');
    }
    await arrives();
  });

  test('stops at any time, twice', async () => {
    await subscriber.stop();
    await subscriber.stop();
    expect(availability).toEqual([]);
  });
});
