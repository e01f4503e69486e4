import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HeartbeatRecord } from '@nexmdm/contracts';
import { createTestDatabase, type TestDatabase } from '@nexmdm/testing';
import * as fc from 'fast-check';
import { openTestDatabase, sampleDevice, sampleRecord } from '../test/database.ts';
import { dayOf } from './day.ts';
import { inSnapshot } from './in-snapshot.ts';
import type { DatabaseHandle } from './pool.ts';
import type { DeviceFilter } from './queries/device-filter.ts';
import { DEVICE_SORTS, type DevicePlace, type DeviceSort } from './queries/device-sort.ts';
import { BUCKET_MS, dualWrite } from './queries/dual-write.ts';
import { ensurePartitions } from './queries/ensure-partitions.ts';
import { createFastReads, createLegacyReads, type StatusReads } from './status-reads.ts';

const ONLINE_S = 1_800;
const DAYS = 14;
const NOW = Date.now();
const MINUTE_MS = 60_000;

let testDatabase: TestDatabase;
let database: DatabaseHandle;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url);
  await ensurePartitions(database.db, dayOf(NOW - (DAYS + 2) * 86_400_000), DAYS + 4);
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

interface GeneratedDevice {
  deleted: boolean;
  alias: string;
  versionCode: bigint | null;
  heartbeats: Partial<HeartbeatRecord>[];
}

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const state = fc.record({
  battery_pct: orNull(fc.integer({ min: 0, max: 100 })),
  plugged: orNull(fc.boolean()),
  temp_c: orNull(fc.constantFrom(-2.5, 31.4, 60)),
  network_type: orNull(fc.constantFrom('wifi', 'cell', 'none')),
  ssid: orNull(fc.constantFrom('store 1', 'store 2')),
  carrier: orNull(fc.constantFrom('Telco A', 'Telco B')),
  unity_running: orNull(fc.boolean()),
  service_up: orNull(fc.boolean()),
  agent_version: orNull(fc.constantFrom('1.0.108', '1.0.109')),
  queue_depth: orNull(fc.integer({ min: 0, max: 500 })),
  monitored_foreground_recent_s: orNull(fc.integer({ min: -1, max: 900 })),
});

/** Taken at any time within the days, arrived with it, much later, or before it by a wrong clock. */
const heartbeat = fc
  .record({
    state,
    minutesAgo: fc.oneof(
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: DAYS * 24 * 60 }),
    ),
    millisecond: fc.integer({ min: 0, max: 9_999 }),
    delayMinutes: fc.oneof(fc.constant(0), fc.integer({ min: -5, max: 24 * 60 })),
  })
  .map(({ state, minutesAgo, millisecond, delayMinutes }) => {
    const event = NOW - minutesAgo * MINUTE_MS + millisecond;
    const received = Math.min(NOW, event + delayMinutes * MINUTE_MS);
    return Object.assign({}, state, { event_at: event, device_time: event, received_at: received });
  });

const device: fc.Arbitrary<GeneratedDevice> = fc.record({
  deleted: fc.boolean(),
  alias: fc.constantFrom('kiosk', 'Kiosk', 'till', 'a%b_c\\'),
  versionCode: orNull(fc.constantFrom(17n, 2n ** 63n - 1n)),
  // One a bucket: what comes second in a bucket only the last status knows.
  heartbeats: fc.uniqueArray(heartbeat, {
    maxLength: 6,
    selector: ({ event_at }) => Math.floor(event_at / BUCKET_MS),
  }),
});

const fleet = fc.array(device, { minLength: 1, maxLength: 14 });

async function store(devices: GeneratedDevice[], cut: number): Promise<void> {
  await testDatabase.query('TRUNCATE devices, device_heartbeats, device_last_status');
  for (const [index, { deleted, alias, versionCode }] of devices.entries()) {
    await testDatabase.query(
      'INSERT INTO devices (id, alias, deleted_at, installed_apk_version_code) VALUES ($1, $2, $3, $4)',
      [sampleDevice(index), `${alias} ${index}`, deleted ? new Date() : null, versionCode],
    );
  }
  const records = devices.flatMap(({ heartbeats }, index) =>
    heartbeats.map((one) => sampleRecord(NOW, { ...one, device_id: sampleDevice(index) })),
  );
  for (let from = 0; from < records.length; from += cut) {
    await dualWrite(database.db, records.slice(from, from + cut));
  }
}

const filter: fc.Arbitrary<DeviceFilter> = fc.record(
  {
    status: fc.constantFrom('online', 'offline', 'never'),
    unity: fc.constantFrom('down', 'up'),
    includeUnknownUnity: fc.boolean(),
    batteryBelow: fc.integer({ min: 0, max: 101 }),
    search: fc.constantFrom('kiosk', 'IO', '%', '_c\\', '1'),
    versionCode: fc.constantFrom(17n, 2n ** 63n - 1n),
    ssid: fc.constantFrom('store 1'),
    carrier: fc.constantFrom('Telco B'),
    appVersion: fc.constantFrom('1.0.109'),
    model: fc.constant('none has it'),
    seenWithinSeconds: fc.integer({ min: 1, max: 86_400 * 14 }),
  },
  { requiredKeys: [] },
);
const narrowFilter = fc.oneof(
  { weight: 3, arbitrary: filter },
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.record({ status: fc.constantFrom('online', 'offline', 'never') }) },
);
const sort = fc.constantFrom(...DEVICE_SORTS);

async function everyPage(
  reads: StatusReads,
  filter: DeviceFilter,
  sort: DeviceSort,
  limit: number,
): Promise<unknown[]> {
  const all: unknown[] = [];
  let after: DevicePlace | undefined;
  do {
    const page = await reads.listDevices({ filter, sort, after, limit });
    all.push(...page);
    after = page.length === limit ? page.at(-1)?.place : undefined;
  } while (after !== undefined);
  return all;
}

/** Reads in both ways, at one moment. */
function both(read: (reads: StatusReads) => Promise<unknown>): Promise<[unknown, unknown]> {
  const options = { onlineWithinSeconds: ONLINE_S };
  return inSnapshot(database.db, async (db) => [
    await read(createFastReads(db, options)),
    await read(createLegacyReads(db, options)),
  ]);
}

async function expectSame(read: (reads: StatusReads) => Promise<unknown>): Promise<unknown> {
  const [fast, legacy] = await both(read);
  expect(fast).toEqual(legacy);
  return fast;
}

describe('the fast and the legacy way', () => {
  test('answer alike, whatever the fleet, the filter and the order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fleet,
        fc.integer({ min: 1, max: 20 }),
        narrowFilter,
        sort,
        fc.integer({ min: 1, max: 5 }),
        async (devices, cut, wanted, order, limit) => {
          await store(devices, cut);
          // At one moment, so that no device goes offline between two of them.
          const told = await expectSame(async (reads) => ({
            page: await reads.listDevices({ filter: wanted, sort: order, limit: 100 }),
            paged: await everyPage(reads, wanted, order, limit),
            total: await reads.countDevices(wanted, 100),
          }));
          const { page, paged, total } = told as Record<'page' | 'paged', unknown[]> & {
            total: unknown;
          };
          expect(paged).toEqual(page);
          expect(total).toEqual({ total: page.length, isEstimate: false });
          await expectSame((reads) =>
            reads.listDevices({ filter: wanted, sort: order, offset: 2, limit: 3 }),
          );
          for (const index of devices.keys()) {
            await expectSame((reads) => reads.findDevice(sampleDevice(index)));
          }
          await expectSame((reads) => reads.countFleet());
          for (const groupBy of ['ssid', 'carrier', 'app_version', 'model'] as const) {
            await expectSame((reads) => reads.groupOffline(groupBy, 10));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
