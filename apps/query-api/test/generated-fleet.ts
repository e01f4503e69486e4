import type { HeartbeatRecord } from '@nexmdm/contracts';
import { dayOf, dualWrite, ensurePartitions, openDatabase } from '@nexmdm/db';
import type { TestDatabase } from '@nexmdm/testing';

export interface FleetOptions {
  devices: number;
  days: number;
  /** Heartbeats of a device, on average, over all the days. */
  heartbeatsPerDevice: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const BUCKET_MS = 10_000;
const BATCH = 4_000;

export const deviceId = (number: number) =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The five reads that have a fast and a legacy way. */
export const READ_PATHS = [
  '/v1/devices?limit=50',
  `/v1/devices/${deviceId(4)}`,
  '/v1/devices/offline',
  '/v1/devices/unity-down',
  '/v1/metrics',
];

/**
 * A fleet as one finds it in the field, the same for the same options: some devices report to the
 * end, some went quiet, some have gaps, some have clocks that are wrong and replay their queue later,
 * some were deleted, some never reported. Everything goes through the writer's own statement.
 */
export async function generateFleet(
  database: TestDatabase,
  { devices, days, heartbeatsPerDevice }: FleetOptions,
): Promise<void> {
  const handle = openDatabase({
    url: database.url,
    poolMax: 2,
    applicationName: 'test',
    statementTimeoutMs: 60_000,
    connectTimeoutMs: 5_000,
    onConnectionError: () => {},
  });
  const now = Date.now();
  const random = createRandom(20_261_123);
  try {
    await ensurePartitions(handle.db, dayOf(now - (days + 1) * DAY_MS), days + 3);
    await database.query(
      `INSERT INTO devices (id, alias, model, installed_apk_version_code, created_at, deleted_at)
       SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
         'store-' || lpad((n / 7)::text, 4, '0') || ' kiosk ' || n % 7,
         'model ' || n % 5, CASE WHEN n % 4 = 0 THEN 9223372036854775000 + n % 3 ELSE n % 3 END,
         now() - make_interval(hours => n % 500), CASE WHEN n % 41 = 0 THEN now() END
       FROM generate_series(1, $1) n`,
      [devices],
    );
    let batch: HeartbeatRecord[] = [];
    for (let number = 1; number <= devices; number += 1) {
      batch.push(...heartbeatsOf(number, { now, days, heartbeatsPerDevice }, random));
      if (batch.length < BATCH && number < devices) continue;
      await dualWrite(handle.db, batch);
      batch = [];
    }
    await database.query('ANALYZE devices, device_last_status, device_heartbeats');
  } finally {
    await handle.close();
  }
}

function heartbeatsOf(
  number: number,
  options: { now: number; days: number; heartbeatsPerDevice: number },
  random: () => number,
): HeartbeatRecord[] {
  const { now, days, heartbeatsPerDevice } = options;
  if (number % 37 === 0) return [];
  const quietFor =
    number % 11 === 0 ? random() * days * DAY_MS : number % 13 === 0 ? random() * DAY_MS : 0;
  const end = now - quietFor;
  const start = now - days * DAY_MS;
  const step = (days * DAY_MS) / heartbeatsPerDevice;
  // A minute of clock error or days of it; the queue of the last hours came at once.
  const clockErrorMs = number % 17 === 0 ? (random() - 0.5) * 4 * MINUTE_MS : 0;
  const replays = number % 19 === 0;
  const used = new Set<number>();
  const records: HeartbeatRecord[] = [];
  for (let at = end - random() * MINUTE_MS; at > start; at -= step * (0.5 + random())) {
    // A gap: nothing for half a day.
    if (random() < 0.03) at -= DAY_MS / 2;
    const event = Math.floor(at + clockErrorMs);
    const bucket = Math.floor(event / BUCKET_MS);
    if (event <= start || used.has(bucket)) continue;
    used.add(bucket);
    const received = Math.floor(replays ? Math.min(now, at + random() * 6 * 60 * MINUTE_MS) : at);
    records.push(recordOf(number, event, received, random));
  }
  // As a queue is replayed: in no order of time.
  return replays ? records.toReversed() : records;
}

/** A heartbeat of a device; the same numbers make the same one. */
export function recordOf(
  number: number,
  event: number,
  received: number,
  random: () => number,
): HeartbeatRecord {
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const wifi = number % 3 !== 0;
  return {
    device_id: deviceId(number),
    received_at: received,
    event_at: event,
    device_time: event,
    ip: '10.0.0.7',
    status: 'ok',
    battery_pct: oneOf([null, 3, 14, 15, 60, 87, 100]),
    plugged: oneOf([null, true, false]),
    temp_c: oneOf([null, 31.4, -2.5]),
    network_type: wifi ? 'wifi' : oneOf(['cell', 'none']),
    ssid: wifi ? `store-${Math.floor(number / 7) % 90}` : null,
    carrier: wifi ? null : oneOf(['Telco A', 'Telco B']),
    signal_dbm: -61,
    uptime_s: Math.floor(random() * 1e6),
    ram_used_mb: 2_361,
    unity_pkg_version: '2.4.1',
    unity_running: oneOf([true, true, true, false, null]),
    agent_version: oneOf(['1.0.108', '1.0.109']),
    power_ok: oneOf([null, true, false]),
    doze_whitelisted: oneOf([null, true, false]),
    net_validated: oneOf([null, true, false]),
    queue_depth: oneOf([null, 0, 12]),
    service_up: oneOf([null, true, false]),
    monitored_foreground_recent_s: oneOf([null, -1, 12, 900]),
    monitored_package: 'io.unitynodes.unityapp',
    monitored_threshold_min: 10,
    facts: {
      app_version: null,
      model: null,
      manufacturer: null,
      android_version: null,
      sdk_int: null,
      patch_level: null,
      build_id: null,
      is_device_owner: null,
      installed_apk_version_code: null,
      installed_apk_version_name: null,
      fcm_token: null,
      app_versions: '{}',
    },
  };
}

/** Numbers from 0 to 1, the same after the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
