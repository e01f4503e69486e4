import type { TestDatabase } from '@nexmdm/testing';

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** What the devices of the prepared fleet are for. */
export const DEVICES = {
  online: id(1),
  offline: id(2),
  never: id(3),
  /** Those that calls change. */
  renamed: id(4),
  rotated: id(5),
  revoked: id(6),
  removed: id(7),
  /** There is none. */
  unknown: id(99),
};

/** Devices in every state, with a history where they have one, and every column set for one. */
export async function fillFleet(database: TestDatabase): Promise<void> {
  const ids = Object.values(DEVICES).filter((device) => device !== DEVICES.unknown);
  await database.query(
    `INSERT INTO devices (id, alias, token_id, model, installed_apk_version_code, facts_hash, created_at)
     SELECT id, 'Kiosk ' || n, md5(n::text), 'SM-T500', 9007199254740993, 'x', now() - interval '1 hour'
     FROM unnest($1::uuid[]) WITH ORDINALITY AS t (id, n)`,
    [ids],
  );
  await database.query(
    `INSERT INTO device_last_status (
       device_id, last_ts, last_seen_at, battery_pct, plugged, temp_c, uptime_s, network_type, ssid,
       unity_running, service_up, ip, agent_version, queue_depth)
     SELECT id, seen, seen, 12, false, 31.5, 3600, 'wifi', 'Store-12', false, true, '10.0.0.1', '2.8.1', 0
     FROM (SELECT id, now() - CASE WHEN id = $2 THEN interval '1 day' ELSE interval '1 s' END AS seen
       FROM unnest($1::uuid[]) AS id WHERE id <> $3) t`,
    [ids, DEVICES.offline, DEVICES.never],
  );
  await database.query(
    `INSERT INTO device_heartbeats (device_id, ts, received_at, device_time, battery_pct, temp_c, plugged,
       uptime_s, unity_running)
     SELECT $1, t, t, t, 12, 31.5, true, 100, true
     FROM generate_series(now(), now() + interval '3 minutes', interval '1 minute') t`,
    [DEVICES.online],
  );
}

export interface PreparedCall {
  operationId: string;
  /** The status that the answer must have. */
  status: number;
  path?: Readonly<Record<string, string>>;
  query?: string;
  /** Goes as JSON unless it is text. */
  body?: unknown;
  contentType?: string;
}

const of = (device: keyof typeof DEVICES) => ({ path: { id: DEVICES[device] } });
const flag = { path: { name: 'perf-diff' } };
const csv = { contentType: 'text/csv', body: 'alias,hardware_id\nBulk 1,R4S1\n' };
const ndjson = { contentType: 'application/x-ndjson', body: '{"alias": "Bulk 2"}\n' };
const FAR = '2099-01-01';

/** At least one call of every operation, in an order in which all succeed. */
export const PREPARED_CALLS: readonly PreparedCall[] = [
  { operationId: 'setFlag', status: 200, ...flag, body: { enabled: true } },
  { operationId: 'listFlags', status: 200 },
  { operationId: 'getFlag', status: 200, ...flag },
  { operationId: 'listFlagChanges', status: 200, ...flag },
  { operationId: 'listDevices', status: 200 },
  { operationId: 'listDevices', status: 200, query: 'limit=2&sort=-battery_pct&status=online' },
  { operationId: 'listDevices', status: 200, query: 'limit=2&page=1' },
  { operationId: 'exportDevices', status: 200, query: 'status=online' },
  { operationId: 'getDevice', status: 200, ...of('online') },
  { operationId: 'getDevice', status: 200, ...of('offline') },
  { operationId: 'getDevice', status: 200, ...of('never') },
  { operationId: 'listOfflineDevices', status: 200, query: 'limit=1' },
  { operationId: 'listOfflineDevices', status: 200, query: 'group_by=ssid' },
  { operationId: 'listUnityDownDevices', status: 200, query: 'limit=1&include_unknown=true' },
  { operationId: 'getFleetCounts', status: 200 },
  { operationId: 'getPerfDiff', status: 200 },
  { operationId: 'listHeartbeats', status: 200, ...of('online'), query: 'limit=2' },
  { operationId: 'listHeartbeats', status: 200, ...of('online'), query: 'resolution=1m&limit=3' },
  { operationId: 'listHeartbeats', status: 200, ...of('never') },
  { operationId: 'getAvailability', status: 200, ...of('online') },
  { operationId: 'getAvailability', status: 200, ...of('never') },
  {
    operationId: 'getAvailability',
    status: 200,
    ...of('online'),
    query: `from=${FAR}&to=${FAR}T01:00:00Z`,
  },
  { operationId: 'streamEvents', status: 200 },
  { operationId: 'registerDevices', status: 200, query: 'dry_run=true', ...csv },
  { operationId: 'registerDevices', status: 201, ...csv },
  { operationId: 'registerDevices', status: 201, ...ndjson },
  { operationId: 'registerDevices', status: 422, ...csv },
  { operationId: 'changeDevice', status: 200, ...of('renamed'), body: { alias: 'Renamed' } },
  { operationId: 'changeDevice', status: 409, ...of('renamed'), body: { alias: 'Kiosk 1' } },
  { operationId: 'rotateToken', status: 200, ...of('rotated') },
  { operationId: 'rotateToken', status: 200, ...of('rotated'), body: { grace_seconds: 0 } },
  { operationId: 'revokeToken', status: 204, ...of('revoked') },
  { operationId: 'deleteDevice', status: 204, ...of('removed') },
  { operationId: 'listDeletedDevices', status: 200 },
  { operationId: 'listHeartbeats', status: 200, ...of('removed') },
  { operationId: 'restoreDevice', status: 200, ...of('removed') },
  { operationId: 'restoreDevice', status: 409, ...of('removed') },
];
