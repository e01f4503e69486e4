import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { FleetCounts } from '@nexmdm/contracts';
import type { DeviceRow } from '@nexmdm/db';
import { createLogger, HttpProblem, Registry } from '@nexmdm/service';
import { createEventMetrics, type EventMetrics } from './event-metrics.ts';
import { EventHub } from './hub.ts';

const COUNTS: FleetCounts = {
  total: 5,
  online: 2,
  offline: 2,
  never_seen: 1,
  low_battery: 0,
  unity_down: 0,
  unity_unknown: 0,
  service_down: 0,
};
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let hub: EventHub;
let metrics: EventMetrics;
let counted: number;
let reads: (readonly string[])[];
let databaseAway: boolean;
let deleted: Set<string>;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  metrics = createEventMetrics(new Registry());
  [counted, reads, databaseAway, deleted] = [0, [], false, new Set()];
  hub = new EventHub({
    countFleet: async () => {
      counted += 1;
      if (databaseAway) throw new Error('the database is away');
      return COUNTS;
    },
    listDevicesById: async (ids) => {
      reads.push(ids);
      if (databaseAway) throw new Error('the database is away');
      return ids
        .filter((one) => !deleted.has(one))
        .map((one) => ({ id: one, alias: 'x'.repeat(900) }) as DeviceRow);
    },
    maxClients: 3,
    logger: createLogger({ service: 'test', level: 'none' }),
    metrics,
  });
});
afterEach(async () => {
  const stopped = hub.stop();
  await pass(1_000);
  await stopped;
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);
const changes = (first: number, count: number, changed = count) => ({
  changed,
  ids: Array.from({ length: count }, (_, index) => id(first + index)),
});

/** The server's side of a connection whose client reads, or doesn't. */
class Connection extends Duplex {
  text = '';
  reading = true;
  readonly res: ServerResponse;
  #taken: (() => void) | undefined;

  constructor() {
    super();
    this.res = new ServerResponse(new IncomingMessage(new Socket()));
    this.res.assignSocket(this as unknown as Socket);
    // As a server does it.
    this.res.on('finish', () => this.res.emit('close'));
  }

  join(devices = true): this {
    hub.assertRoom();
    this.res.writeHead(200);
    hub.join(this.res, { devices });
    return this;
  }

  /** `counts`, `devices`, … in the order in which they came. */
  get events(): string[] {
    return [...this.text.matchAll(/^event: (\w+)$/gm)].map((match) => String(match[1]));
  }

  /** The data of the events of a name. */
  of(name: string): unknown[] {
    return [...this.text.matchAll(new RegExp(`event: ${name}\\ndata: (.*)\\n`, 'g'))].map(
      (match) => JSON.parse(String(match[1])) as unknown,
    );
  }

  readAll(): void {
    this.reading = true;
    this.#taken?.();
  }

  resetAndDestroy(): void {
    this.destroy();
    this.res.emit('close');
  }

  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, taken: () => void): void {
    this.text += chunk.toString();
    if (this.reading) taken();
    else this.#taken = taken;
  }
}

describe('the hub of events', () => {
  test('asks once for all clients, and not at all without clients', async () => {
    await pass(60_000);
    expect(counted).toBe(0);
    const clients = [new Connection().join(), new Connection().join(), new Connection().join()];
    await pass(0);
    expect(counted).toBe(1);
    await pass(10_000);
    expect(counted).toBe(3);
    hub.onChanges(changes(1, 2));
    await pass(1_000);
    expect(reads).toEqual([[id(1), id(2)]]);
    for (const { events } of clients) {
      expect(events).toEqual(['counts', 'feed', 'counts', 'counts', 'devices']);
    }
    for (const client of clients) client.resetAndDestroy();
    hub.onChanges(changes(1, 2));
    await pass(60_000);
    expect([counted, reads.length]).toEqual([3, 1]);
  });

  test('greets a late client with the counts it has', async () => {
    new Connection().join();
    await pass(0);
    const late = new Connection().join();
    await pass(0);
    expect(counted).toBe(1);
    expect(late.of('counts')).toMatchObject([COUNTS]);
  });

  test('makes one event a second of all changes, and names 200 of them', async () => {
    hub.setFeedAvailable(true);
    const client = new Connection().join();
    await pass(0);
    for (let quarter = 0; quarter < 12; quarter += 1) {
      hub.onChanges(changes(quarter * 100, 100, 300));
      hub.onChanges(changes(quarter * 100, 100));
      await pass(250);
    }
    await pass(1_000);
    const devices = client.of('devices') as {
      changed: number;
      truncated: boolean;
      devices: { id: string }[];
    }[];
    expect(devices.map(({ changed }) => changed)).toEqual([300, 900, 1_200, 1_200]);
    expect(devices.map((event) => event.devices.length)).toEqual([100, 200, 200, 200]);
    expect(devices.every(({ truncated }) => truncated)).toBe(true);
  });

  test('says which of the changed devices are there no more', async () => {
    const client = new Connection().join();
    await pass(0);
    deleted = new Set([id(2), id(3)]);
    hub.onChanges(changes(1, 3));
    await pass(1_000);
    deleted = new Set();
    hub.onChanges(changes(1, 3));
    await pass(1_000);
    expect(client.of('devices')).toMatchObject([
      { changed: 3, devices: [{ id: id(1) }], removed: [id(2), id(3)] },
      { changed: 3, devices: [{ id: id(1) }, { id: id(2) }, { id: id(3) }], removed: [] },
    ]);
  });

  test('sends a comment every 15 seconds', async () => {
    const client = new Connection().join(false);
    await pass(45_000);
    expect(client.text.match(/^: keep-alive$/gm)).toHaveLength(3);
  });

  test('says when changes can be told, to those who want them', async () => {
    const [all, counts] = [new Connection().join(), new Connection().join(false)];
    await pass(0);
    for (const available of [true, true, false]) hub.setFeedAvailable(available);
    await pass(0);
    expect(all.of('feed')).toEqual([
      { available: false },
      { available: true },
      { available: false },
    ]);
    expect(counts.of('feed')).toEqual([]);
  });

  test('tells changes late rather than never while the database is away', async () => {
    const client = new Connection().join();
    await pass(0);
    databaseAway = true;
    hub.onChanges(changes(1, 1));
    await pass(3_000);
    hub.onChanges(changes(2, 1));
    databaseAway = false;
    await pass(1_000);
    expect(client.of('devices')).toMatchObject([{ changed: 2, truncated: false }]);
  });

  test('keeps a client that came while the database was away', async () => {
    databaseAway = true;
    const client = new Connection().join();
    await pass(5_000);
    expect(client.events).toEqual(['feed']);
    databaseAway = false;
    await pass(5_000);
    expect(client.events).toEqual(['feed', 'counts']);
  });

  test('gives ids that grow, also over a restart', async () => {
    const client = new Connection().join();
    await pass(0);
    for (let second = 0; second < 10; second += 1) {
      hub.onChanges(changes(second, 1));
      hub.setFeedAvailable(second % 2 === 0);
      await pass(1_000);
    }
    const ids = [...client.text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    expect(ids.length).toBeGreaterThan(20);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(ids.at(-1)).toBeLessThanOrEqual(Date.now());
  });

  test('takes no more clients than it may', async () => {
    const clients = [1, 2, 3].map(() => new Connection().join());
    expect(() => new Connection().join()).toThrow(HttpProblem);
    clients[0]?.resetAndDestroy();
    new Connection().join();
  });

  test('lets a client go that has gone before it came', async () => {
    const client = new Connection();
    client.res.destroy();
    hub.join(client.res, { devices: true });
    expect((await metrics.clients.get()).values).toMatchObject([{ value: 0 }]);
  });
});

describe('a client that doesn’t read', () => {
  const drops = async (reason: string) => {
    const { values } = await metrics.clientsDropped.get();
    return values.find(({ labels }) => labels.reason === reason)?.value;
  };

  test('is cut off once a mebibyte waits for it; the others get everything', async () => {
    const [slow, good] = [new Connection().join(), new Connection().join()];
    await pass(0);
    slow.reading = false;
    for (let second = 0; second < 10; second += 1) {
      hub.onChanges(changes(0, 200));
      await pass(1_000);
      expect(slow.destroyed).toBe(second > 5);
    }
    expect(await drops('backlog')).toBe(1);
    expect(good.of('devices')).toHaveLength(10);
  });

  test('is cut off when something waits for 30 seconds', async () => {
    const slow = new Connection().join();
    await pass(0);
    slow.reading = false;
    hub.onChanges(changes(0, 200));
    await pass(30_000);
    expect(slow.destroyed).toBe(false);
    await pass(10_000);
    expect(slow.destroyed).toBe(true);
    expect(await drops('blocked')).toBe(1);
  });

  test('doesn’t keep the process from stopping', async () => {
    const [slow, good] = [new Connection().join(), new Connection().join()];
    await pass(0);
    slow.reading = false;
    hub.onChanges(changes(0, 200));
    await pass(1_000);
    const stopped = hub.stop();
    await pass(0);
    expect([slow.res.writableFinished, good.res.writableFinished]).toEqual([false, true]);
    await pass(1_000);
    await stopped;
    expect([slow.destroyed, good.destroyed]).toEqual([true, false]);
    expect(() => new Connection().join()).toThrow(HttpProblem);
  });
});
