import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  adminGet,
  agentPayload,
  appEntry,
  heartbeatAt,
  runNode,
  waitFor,
  type AgentPayload,
  type RegisteredDevice,
} from '@nexmdm/testing';
import { startPipeline, type Pipeline } from './stack.ts';

const BUCKET_MS = 10_000;
const HOUR_MS = 3_600_000;

let pipeline: Pipeline;
let devices = 0;

beforeAll(async () => {
  pipeline = await startPipeline();
});
afterAll(async () => {
  await pipeline.close();
});

const register = () => {
  devices += 1;
  return pipeline.client.register(`Kiosk Überlingen 7 – Nord ${devices}`);
};
const deviceView = async ({ device_id }: RegisteredDevice) =>
  (await (await adminGet(pipeline.query.url, `/v1/devices/${device_id}`)).json()) as Record<
    string,
    unknown
  >;
const history = (device: RegisteredDevice) =>
  pipeline.database.query<Record<string, unknown> & { ts: Date }>(
    'SELECT * FROM device_heartbeats WHERE device_id = $1 ORDER BY ts',
    [device.device_id],
  );
const status = async (device: RegisteredDevice) => {
  const rows = await pipeline.database.query<Record<string, unknown>>(
    'SELECT * FROM device_last_status WHERE device_id = $1',
    [device.device_id],
  );
  return rows[0];
};
async function send(device: RegisteredDevice, payload: AgentPayload): Promise<void> {
  expect((await pipeline.client.heartbeat(device, payload)).status).toBe(202);
}
const stored = (device: RegisteredDevice, rows: number) =>
  waitFor(`${rows} rows in the history`, async () => (await history(device)).length === rows);

describe('a heartbeat from HTTP to the query API', () => {
  test('shows every field of the Wi-Fi payload', async () => {
    const device = await register();
    const taken = new Date(Date.now() - 60_000);
    await send(device, heartbeatAt(taken));
    const view = await waitFor('the status', async () => {
      const current = await deviceView(device);
      return current['status'] === 'online' && current;
    });
    expect(view).toMatchObject({
      id: device.device_id,
      alias: `Kiosk Überlingen 7 – Nord ${devices}`,
      last_ts: taken.toISOString(),
      offline_seconds: null,
      battery_pct: 87,
      plugged: true,
      temp_c: 31.4,
      network_type: 'wifi',
      ssid: 'store-0417',
      carrier: null,
      ip: '10.20.4.117',
      signal_dbm: null,
      uptime_s: 190_233,
      ram_used_mb: 2361,
      unity_running: true,
      unity_pkg_version: '2.4.1',
      service_up: true,
      agent_version: '1.0.109',
      power_ok: true,
      doze_whitelisted: true,
      net_validated: true,
      queue_depth: 0,
      model: 'R4S1',
      manufacturer: 'Rongta',
      android_version: '13',
      sdk_int: 33,
      patch_level: '2024-03-05',
      build_id: 'TP1A.220624.014',
      is_device_owner: true,
      installed_apk_version_code: 20_401,
      installed_apk_version_name: '2.4.1',
      monitored_package: 'io.unitynodes.unityapp',
      monitored_threshold_min: 10,
      monitor_enabled: true,
    });
    const facts = await pipeline.database.query<{ code: string }>(
      `SELECT app_versions->'org.zwanoo.android.speedtest'->>'version_code' AS code FROM devices WHERE id = $1`,
      [device.device_id],
    );
    expect(facts).toEqual([{ code: '214748364900' }]);
    const [row] = await history(device);
    expect(row).toMatchObject({
      ts: new Date(Math.floor(taken.getTime() / BUCKET_MS) * BUCKET_MS),
      device_time: taken,
      battery_pct: 87,
      temp_c: 31.4,
      ssid: 'store-0417',
    });
  });

  test('keeps the nulls, the negative temperature and the carrier of the cell payload', async () => {
    const device = await register();
    const timestamp_utc = new Date().toISOString();
    await send(device, agentPayload('heartbeat-cell-low-battery', { timestamp_utc }));
    await stored(device, 1);
    expect(await deviceView(device)).toMatchObject({
      battery_pct: 9,
      plugged: false,
      temp_c: -2.5,
      network_type: 'cell',
      ssid: null,
      carrier: 'O2 - de',
      ip: null,
      unity_running: null,
      unity_pkg_version: null,
      service_up: null,
      queue_depth: 37,
      power_ok: false,
    });
  });

  test('keeps a 64-bit version code exact all the way', async () => {
    const device = await register();
    const exact = '9223372036854775807';
    const body = JSON.stringify(heartbeatAt(Date.now())).replace('20401', exact);
    const headers = { authorization: `Bearer ${device.device_token}` };
    expect((await pipeline.client.post('/v1/heartbeat', body, headers)).status).toBe(202);
    await stored(device, 1);
    const response = await adminGet(pipeline.query.url, `/v1/devices/${device.device_id}`);
    expect(await response.text()).toContain(`"installed_apk_version_code":${exact}`);
  });
});

describe('time and order', () => {
  test('five heartbeats within one bucket are one row, and the newest is the status', async () => {
    const device = await register();
    const bucket = Math.floor((Date.now() - HOUR_MS) / BUCKET_MS) * BUCKET_MS;
    for (const second of [0, 1, 2, 3, 4]) {
      const battery = { pct: 50 + second, charging: false, temperature_c: 20 };
      await send(device, heartbeatAt(bucket + second * 1_000, { battery }));
    }
    await waitFor('the newest status', async () => (await status(device))?.['battery_pct'] === 54);
    expect(await history(device)).toMatchObject([{ ts: new Date(bucket), battery_pct: 50 }]);
  });

  test('an older heartbeat fills the history and leaves the status alone', async () => {
    const device = await register();
    const now = Date.now();
    const battery = (pct: number) => ({ battery: { pct, charging: false, temperature_c: 20 } });
    await send(device, heartbeatAt(now, battery(80)));
    await stored(device, 1);
    const before = await status(device);
    await send(device, heartbeatAt(now - HOUR_MS, { ...battery(20), system: oldSystem() }));
    await stored(device, 2);
    const after = await status(device);
    expect(after).toEqual({ ...before, last_seen_at: after?.['last_seen_at'] });
    expect(after?.['battery_pct']).toBe(80);
    expect(await deviceView(device)).toMatchObject({ android_version: '13' });
  });

  test('a replayed batch of 500 over 20 h lands in its 500 buckets, the clock corrected', async () => {
    const device = await register();
    const clockError = -3 * HOUR_MS;
    const now = Math.floor(Date.now() / BUCKET_MS) * BUCKET_MS;
    const step = (20 * HOUR_MS) / 500;
    const times = Array.from({ length: 500 }, (_, index) => now - index * step + 4_000 - BUCKET_MS);
    const response = await pipeline.client.heartbeats(
      device,
      new Date(Date.now() + clockError),
      times.map((time) => heartbeatAt(time + clockError)),
    );
    expect(await response.json()).toEqual({ accepted: 500, rejected: [] });
    await stored(device, 500);
    const buckets = (await history(device)).map(({ ts }) => ts.getTime());
    const expected = times
      .map((time) => Math.floor(time / BUCKET_MS) * BUCKET_MS)
      .sort((a, b) => a - b);
    expect(buckets).toEqual(expected);
    expect(await deviceView(device)).toMatchObject({ status: 'online' });
  });

  test('a device whose clock is 3 h slow is online', async () => {
    const device = await register();
    await send(device, heartbeatAt(Date.now() - 3 * HOUR_MS));
    await stored(device, 1);
    expect(await deviceView(device)).toMatchObject({ status: 'online', offline_seconds: null });
  });

  test('a day without a partition gets one, and the heartbeat is stored', async () => {
    const device = await register();
    const taken = Date.now() - 5 * 24 * HOUR_MS;
    const name = `device_heartbeats_${new Date(taken).toISOString().slice(0, 10).replaceAll('-', '')}`;
    const partition = () =>
      pipeline.database.query('SELECT state FROM hb_partitions WHERE partition_name = $1', [name]);
    expect(await partition()).toEqual([]);
    const response = await pipeline.client.heartbeats(device, new Date(), [heartbeatAt(taken)]);
    expect(response.status).toBe(202);
    await stored(device, 1);
    expect(await partition()).toEqual([{ state: 'active' }]);
  });
});

describe('entries that can’t be stored', () => {
  test('for want of a partition that can’t be made are put aside, and the other days go on', async () => {
    const taken = Date.now() - 6 * 24 * HOUR_MS;
    const day = new Date(taken).toISOString().slice(0, 10).replaceAll('-', '');
    await pipeline.database.query(
      `CREATE TABLE device_heartbeats_${day} (of_another_shape integer)`,
    );
    const device = await register();
    const batch = [heartbeatAt(taken), heartbeatAt(Date.now())];
    expect((await pipeline.client.heartbeats(device, new Date(), batch)).status).toBe(202);
    await stored(device, 1);
    const letters = await waitFor('the dead letter', async () => {
      const entries = await pipeline.redis.xrange('hb:dead', '-', '+');
      return entries.length === 1 && entries;
    });
    expect(letters[0]?.[1]).toContain('refused_by_database');
    await pipeline.database.query(`DROP TABLE device_heartbeats_${day}`);
    await runNode(appEntry('cli'), ['dead', 'replay', '--all'], pipeline.env);
    await stored(device, 2);
  });

  test('go to hb:dead with the reason and don’t block the others', async () => {
    await pipeline.redis.call('XADD', 'hb:{0}', '*', 'v', '1', 'n', '1', 'd', 'rubbish');
    await pipeline.redis.call('XADD', 'hb:{0}', '*', 'v', '99', 'n', '1', 'd', '[]');
    // Valid in form, but its battery level doesn't fit the column.
    const record = JSON.stringify([
      '00000000-0000-4000-8000-00000000dead',
      Date.now(),
      Date.now(),
      null,
      null,
      'ok',
      1e9,
      ...Array.from({ length: 31 }, () => null),
    ]);
    await pipeline.redis.call('XADD', 'hb:{0}', '*', 'v', '1', 'n', '1', 'd', `[${record}]`);
    const device = await register();
    await send(device, heartbeatAt(Date.now()));
    await stored(device, 1);
    const letters = await waitFor('three dead letters', async () => {
      const entries = await pipeline.redis.xrange('hb:dead', '-', '+');
      return entries.length === 3 && entries.map(([, fields]) => fields[1]);
    });
    expect(letters.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      'refused_by_database',
      'undecodable',
      'undecodable',
    ]);
    const metrics = await (await adminGet(pipeline.writer.url, '/metrics')).text();
    expect(metrics).toMatch(
      /stream_dead_letters_total\{reason="undecodable",service="writer-worker"\} 2/,
    );
    expect(metrics).toMatch(
      /stream_dead_letters_total\{reason="refused_by_database",service="writer-worker"\} 2/,
    );
  });
});

describe('the streams', () => {
  test('hold nothing that is stored already', async () => {
    await waitFor('empty streams', async () => {
      const lengths = await Promise.all(
        [0, 1, 2, 3].map((shard) => pipeline.redis.xlen(`hb:{${shard}}`)),
      );
      return lengths.every((length) => length === 0);
    });
    const metrics = await waitFor('an empty backlog', async () => {
      const text = await (await adminGet(pipeline.writer.url, '/metrics')).text();
      return text.includes('stream_oldest_pending_seconds{service="writer-worker"} 0\n') && text;
    });
    expect(metrics).toMatch(/stream_backlog_heartbeats\{shard="0",service="writer-worker"\} 0/);
  });
});

function oldSystem(): AgentPayload {
  return { ...(agentPayload('heartbeat-wifi')['system'] as AgentPayload), android_version: '9' };
}
