import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  adminGet,
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  waitFor,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

interface Troubled {
  device_id: string;
  alias: string;
  last_seen: string;
  offline_seconds: number | null;
  evidence: Record<string, unknown>;
  likely_causes: string[];
}
interface Page {
  devices: Troubled[];
  pagination: { total: number; next_cursor: string | null };
}

let database: TestDatabase;
let app: AppProcess;

/** A device that was seen so many minutes ago. */
async function addDevice(
  number: number,
  minutesAgo: number | null,
  state: Record<string, unknown> = {},
  device: Record<string, unknown> = {},
): Promise<void> {
  const insert = (table: string, row: Record<string, unknown>) =>
    database.query(
      `INSERT INTO ${table} (${Object.keys(row).join(', ')})
       VALUES (${Object.keys(row)
         .map((_, index) => `$${index + 1}`)
         .join(', ')})`,
      Object.values(row),
    );
  await insert('devices', { id: id(number), alias: `device ${number}`, ...device });
  if (minutesAgo === null) return;
  const seen = new Date(Date.now() - minutesAgo * 60_000);
  await insert('device_last_status', {
    device_id: id(number),
    last_ts: seen,
    last_seen_at: seen,
    ...state,
  });
}

beforeAll(async () => {
  database = await createTestDatabase();
  const healthy = { unity_running: true, service_up: true, battery_pct: 80 };
  await addDevice(1, 5, { ...healthy, ssid: 'store 1' });
  await addDevice(2, 5, {
    unity_running: false,
    service_up: false,
    battery_pct: 14,
    plugged: true,
  });
  await addDevice(3, 5, { unity_running: null, battery_pct: 15 });
  await addDevice(4, null);
  // A store whose network went down, all at about the same time.
  for (const number of [11, 12, 13, 14]) {
    await addDevice(
      number,
      60 + number / 10,
      { ...healthy, ssid: 'store 7', network_type: 'wifi', agent_version: '1.0.109' },
      { model: 'KTC-A10' },
    );
  }
  await addDevice(
    21,
    300,
    {
      battery_pct: 3,
      plugged: false,
      power_ok: false,
      network_type: 'none',
      carrier: 'O2 - de',
      net_validated: false,
      doze_whitelisted: false,
      queue_depth: 37,
      unity_running: false,
      service_up: null,
      agent_version: '1.0.90',
    },
    { model: 'Pixel 4' },
  );
  await addDevice(22, 3 * 24 * 60, { unity_running: false, service_up: false });
  await addDevice(31, 60, { ssid: 'store 7', unity_running: false }, { deleted_at: new Date() });
  app = await startApp('query-api', { ADMIN_KEY: TEST_ADMIN_KEY, DATABASE_URL: database.url });
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

async function get<T>(path: string): Promise<T> {
  const answer = await adminGet(app.url, path);
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as T;
}

const aliases = ({ devices }: Page) => devices.map(({ alias }) => alias);

describe('GET /v1/devices/offline', () => {
  test('brings those that went last first, with what their last heartbeat said', async () => {
    const page = await get<Page>('/v1/devices/offline');
    expect(aliases(page)).toEqual([
      'device 11',
      'device 12',
      'device 13',
      'device 14',
      'device 21',
      'device 22',
    ]);
    expect(page.pagination.total).toBe(6);
    const device = page.devices[4];
    expect(device).toMatchObject({
      device_id: id(21),
      evidence: {
        battery_pct: 3,
        plugged: false,
        power_ok: false,
        network_type: 'none',
        ssid: null,
        carrier: 'O2 - de',
        net_validated: false,
        doze_whitelisted: false,
        queue_depth: 37,
        unity_running: false,
        service_up: null,
        app_version: '1.0.90',
        model: 'Pixel 4',
      },
      likely_causes: [
        'battery_low',
        'no_power',
        'no_network',
        'network_not_validated',
        'doze',
        'heartbeats_waiting',
      ],
    });
    expect(device?.offline_seconds).toBeGreaterThanOrEqual(300 * 60);
    expect(Date.parse(String(device?.last_seen))).toBeLessThan(Date.now() - 299 * 60_000);
    expect(page.devices[0]?.likely_causes).toEqual([]);
  });

  test.each([
    ['ssid=store%207', ['device 11', 'device 12', 'device 13', 'device 14']],
    ['carrier=O2%20-%20de', ['device 21']],
    ['app_version=1.0.90', ['device 21']],
    ['model=KTC-A10&search=12', ['device 12']],
    ['battery_lt=15', ['device 21']],
    ['max_offline_seconds=7200&sort=-alias', ['device 14', 'device 13', 'device 12', 'device 11']],
    ['sort=last_seen&limit=1', ['device 22']],
  ])('is narrowed down by %s', async (query, expected) => {
    expect(aliases(await get(`/v1/devices/offline?${query}`))).toEqual(expected);
  });

  test('goes on by cursor', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await get(
        `/v1/devices/offline?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...aliases(page));
      cursor = page.pagination.next_cursor;
    }
    expect(seen).toEqual(aliases(await get('/v1/devices/offline')));
  });

  test('tells what an outage has in common', async () => {
    const groups = await get<Record<string, unknown>>('/v1/devices/offline?group_by=ssid');
    expect(groups).toMatchObject({
      group_by: 'ssid',
      offline: 6,
      total: 9,
      group_count: 2,
      common_cause: 'store 7',
      groups: [
        {
          value: 'store 7',
          offline: 4,
          total: 4,
          offline_share: 1,
          offline_share_elsewhere: 0.4,
          share_of_all_offline: 0.6667,
          stands_out: true,
        },
        { value: null, offline: 2, total: 4, stands_out: false },
      ],
    });
    const byCarrier = await get<Record<string, unknown>>('/v1/devices/offline?group_by=carrier');
    expect(byCarrier).toMatchObject({ common_cause: null });
    const byModel = await get<{ groups: unknown[] }>('/v1/devices/offline?group_by=model&limit=1');
    expect(byModel.groups).toMatchObject([{ value: 'KTC-A10', offline: 4 }]);
    const byVersion = await get<Record<string, unknown>>(
      '/v1/devices/offline?group_by=app_version',
    );
    expect(byVersion).toMatchObject({ common_cause: '1.0.109' });
  });
});

describe('GET /v1/devices/unity-down', () => {
  test('brings those that were seen within a day', async () => {
    const page = await get<Page>('/v1/devices/unity-down');
    expect(aliases(page)).toEqual(['device 2', 'device 21']);
    expect(page.devices[0]).toMatchObject({ offline_seconds: null, likely_causes: [] });
  });

  test('with include_unknown also those of which it is not known', async () => {
    const page = await get<Page>('/v1/devices/unity-down?include_unknown=true');
    expect(aliases(page)).toEqual(['device 2', 'device 21', 'device 3']);
  });
});

describe('GET /v1/metrics', () => {
  const counts = {
    total: 10,
    online: 3,
    offline: 6,
    never_seen: 1,
    low_battery: 2,
    unity_down: 2,
    unity_unknown: 1,
    service_down: 1,
  };

  test('counts the fleet', async () => {
    expect(await get('/v1/metrics')).toEqual(counts);
  });

  test('follows what changes', async () => {
    await addDevice(41, 1, { battery_pct: 2 });
    const changed = { ...counts, total: 11, online: 4, low_battery: 3, unity_unknown: 2 };
    await waitFor('the new device to be counted', async () => {
      expect(await get('/v1/metrics')).toEqual(changed);
      return true;
    });
    await database.query('DELETE FROM devices WHERE id = $1', [id(41)]);
    await waitFor('the device to be forgotten', async () => {
      expect(await get('/v1/metrics')).toEqual(counts);
      return true;
    });
  });
});
