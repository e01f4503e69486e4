import { createHash, randomUUID } from 'node:crypto';
import { queryDatabase, type TestDatabase } from '@nexmdm/testing';

/** A database as the first NexMDM left it, with all that is wrong in such a one. */
export interface FirstNexmdm {
  url: string;
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

export const DEVICES = 5_000;
export const HISTORY_DAYS = 7;

export const deviceId = (number: number) =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const tokenOf = (number: number) => `token-of-the-first-nexmdm-${number}`;
export const tokenIdOf = (number: number) =>
  createHash('sha256').update(tokenOf(number)).digest('hex');

/** Devices that something is special about, by their number. */
export const SPECIAL = {
  idInvalid: 1,
  aliasTwice: 2,
  aliasOwner: 3,
  aliasEmpty: 4,
  aliasTooLong: 5,
  aliasUnprintable: 6,
  aliasTaken: 7,
  tokenMissing: 8,
  tokenMalformed: 9,
  tokenTaken: 10,
  brokenAlone: 11,
  brokenBesideState: 12,
  neverSeen: 13,
  neverSeenAtAll: 14,
  revoked: 15,
  thresholdInvalid: 16,
  version64: 17,
  onlyLastStatus: 18,
  onlyLastSeen: 19,
} as const;

const TABLES = [
  `CREATE TABLE devices (
    id varchar(100) PRIMARY KEY, alias varchar(255) NOT NULL, app_version varchar(50),
    token_hash varchar(255) NOT NULL, token_id varchar(100) UNIQUE, created_at timestamp NOT NULL,
    last_seen timestamp, last_status text, last_alert_state text, fcm_token varchar(500),
    model varchar(100), manufacturer varchar(100), android_version varchar(50), sdk_int integer,
    build_id varchar(100), is_device_owner boolean,
    installed_apk_version_code bigint, installed_apk_version_name varchar(50),
    monitored_package varchar(255) NOT NULL, monitored_app_name varchar(100) NOT NULL,
    auto_relaunch_enabled boolean NOT NULL DEFAULT false, token_revoked_at timestamptz,
    monitored_threshold_min integer NOT NULL DEFAULT 10, monitor_enabled boolean NOT NULL DEFAULT true,
    monitoring_use_defaults boolean NOT NULL DEFAULT true
  )`,
  `CREATE TABLE device_last_status (
    device_id varchar PRIMARY KEY REFERENCES devices, last_ts timestamp NOT NULL,
    battery_pct integer, network_type varchar, ssid varchar, unity_running boolean,
    signal_dbm integer, agent_version varchar, ip varchar, status varchar NOT NULL DEFAULT 'ok',
    service_up boolean, monitored_foreground_recent_s integer, monitored_package varchar,
    monitored_threshold_min integer
  )`,
  `CREATE TABLE device_heartbeats (
    hb_id bigserial, device_id varchar NOT NULL, ts timestamp NOT NULL, ip varchar,
    status varchar NOT NULL DEFAULT 'ok', battery_pct integer, plugged boolean, temp_c integer,
    network_type varchar, signal_dbm integer, uptime_s integer, ram_used_mb integer,
    unity_pkg_version varchar, unity_running boolean, agent_version varchar
  ) PARTITION BY RANGE (ts)`,
  `CREATE TABLE monitoring_defaults (
    id serial PRIMARY KEY, enabled boolean NOT NULL, package varchar NOT NULL,
    alias varchar NOT NULL, threshold_min integer NOT NULL
  )`,
];

/** Odd numbers use the common settings of monitoring, even ones their own. */
const FLEET = `
  INSERT INTO devices (id, alias, token_hash, token_id, created_at, app_version, model, manufacturer,
    android_version, sdk_int, build_id, is_device_owner, fcm_token, installed_apk_version_code,
    installed_apk_version_name, monitored_package, monitored_app_name, monitored_threshold_min,
    monitoring_use_defaults, token_revoked_at)
  SELECT CASE n WHEN 1 THEN 'not-a-uuid' ELSE '00000000-0000-4000-8000-' || lpad(n::text, 12, '0') END,
    CASE n WHEN 2 THEN 'Kiosk 3' WHEN 4 THEN ' ' WHEN 5 THEN repeat('x', 201)
      WHEN 6 THEN 'bad' || chr(7) WHEN 7 THEN 'taken here' ELSE 'Kiosk ' || n END,
    '$2b$12$x',
    CASE n WHEN 8 THEN NULL WHEN 9 THEN 'abc'
      ELSE encode(sha256(('token-of-the-first-nexmdm-' || n)::bytea), 'hex') END,
    now() AT TIME ZONE 'UTC' - interval '30 days' - n * interval '1 ms', '1.0.' || n % 50, 'R4S1',
    'Rongta “东京”', '13', 33, 'TP1A', n % 3 = 0, 'fcm-' || n,
    CASE n WHEN 17 THEN 9223372036854775807 ELSE 20000 + n % 9 END, '2.4.' || n % 9,
    'org.example.app', 'Example', CASE n WHEN 16 THEN 0 ELSE 15 END, n % 2 = 1,
    CASE n WHEN 15 THEN now() - interval '1 day' END
  FROM generate_series(1, ${DEVICES}) n`;

/**
 * A heartbeat every three hours, the last one within two minutes; every tenth device is silent for a
 * day; every hundredth row has a second one three seconds later.
 */
const HISTORY = `
  INSERT INTO device_heartbeats (device_id, ts, ip, battery_pct, plugged, temp_c, network_type,
    signal_dbm, uptime_s, ram_used_mb, unity_pkg_version, unity_running, agent_version)
  SELECT d.id, ts + extra, '10.0.0.' || n % 250, (n + k + extra_s) % 101, (n + k) % 2 = 0, n % 40 - 5,
    (ARRAY['wifi', 'cell', 'none'])[n % 3 + 1], -40 - n % 60, k * 10800, n % 4000, '2.4.' || n % 9,
    (ARRAY[true, false, NULL])[(n + k) % 3 + 1], d.app_version
  FROM (SELECT row_number() OVER (ORDER BY id)::integer AS n, * FROM devices) d,
    generate_series(0, ${HISTORY_DAYS * 8}) k,
    LATERAL (SELECT now() AT TIME ZONE 'UTC' - k * interval '3 hours' - (n % 100 + 10.123456) * interval '1 s' AS ts) t,
    LATERAL (SELECT 0 AS extra_s, interval '0' AS extra UNION ALL
      SELECT 3, interval '3 s' WHERE (n + k) % 100 = 0) e
  WHERE (n % 10 <> 0 OR k >= 8) AND NOT d.id = ANY($1)
  ORDER BY ts + extra`;

const STATES = `
  INSERT INTO device_last_status (device_id, last_ts, battery_pct, network_type, unity_running,
    signal_dbm, agent_version, ip, service_up, monitored_foreground_recent_s, monitored_package,
    monitored_threshold_min)
  SELECT DISTINCT ON (device_id) device_id, ts, battery_pct, network_type, unity_running, signal_dbm,
    agent_version, ip, unity_running, battery_pct, 'org.example.app', 15
  FROM device_heartbeats WHERE device_id IN (SELECT id FROM devices)
  ORDER BY device_id, ts DESC`;

/** As the server wrote them: the time seen a little before that of the state, and all of the payload. */
const LAST_STATUS = `
  UPDATE devices d SET last_seen = s.last_ts - interval '2345 us',
    last_status = json_build_object(
      'app_version', d.app_version,
      'app_versions', json_build_object('org.example.app',
        json_build_object('installed', true, 'version_name', '1', 'version_code', 9223372036854775807)),
      'battery', json_build_object('pct', s.battery_pct, 'charging', h.plugged,
        'temperature_c', h.temp_c + CASE WHEN h.temp_c < 0 THEN -0.5 ELSE 0.5 END),
      'network', json_build_object('transport', s.network_type, 'ssid', 'shop ' || d.alias,
        'carrier', NULL, 'ip', s.ip),
      'memory', json_build_object('total_ram_mb', 4000, 'avail_ram_mb', 4000 - h.ram_used_mb, 'pressure_pct', 61),
      'system', json_build_object('uptime_seconds', h.uptime_s, 'patch_level', '2024-03-05', 'model', 'R4S1'),
      'power_ok', true, 'queue_depth', 4, 'self_heal_hints', json_build_array(),
      'service_up', s.service_up, 'monitored_foreground_recent_s', s.monitored_foreground_recent_s,
      'unity', json_build_object('package', 'io.unitynodes.unityapp', 'version', h.unity_pkg_version,
        'status', CASE WHEN s.unity_running THEN 'running' ELSE 'down' END)
    )::text
  FROM device_last_status s JOIN device_heartbeats h ON h.device_id = s.device_id AND h.ts = s.last_ts
  WHERE s.device_id = d.id`;

/** Builds it beside another database of the tests. */
export async function createFirstNexmdm(beside: TestDatabase): Promise<FirstNexmdm> {
  const name = `first_${randomUUID().replaceAll('-', '')}`;
  await beside.query(`CREATE DATABASE ${name}`);
  const url = new URL(beside.url);
  url.pathname = `/${name}`;
  // Queries of the driver then tell the times apart that have no time zone.
  const query: FirstNexmdm['query'] = (text, values) => queryDatabase(url.href, text, values);
  for (const table of TABLES) await query(table);
  await query(
    `DO $$ BEGIN FOR back IN -1..${HISTORY_DAYS + 1} LOOP
      EXECUTE format('CREATE TABLE device_heartbeats_%s PARTITION OF device_heartbeats FOR VALUES FROM (%L) TO (%L)',
        to_char((now() AT TIME ZONE 'UTC')::date - back, 'YYYYMMDD'),
        (now() AT TIME ZONE 'UTC')::date - back, (now() AT TIME ZONE 'UTC')::date - back + 1);
    END LOOP; END $$`,
  );
  await query(
    `INSERT INTO monitoring_defaults (enabled, package, alias, threshold_min)
     VALUES (true, 'io.unitynodes.unityapp', 'Unity', 25)`,
  );
  await query(FLEET);
  const silent = [
    SPECIAL.brokenAlone,
    SPECIAL.neverSeen,
    SPECIAL.neverSeenAtAll,
    SPECIAL.onlyLastStatus,
    SPECIAL.onlyLastSeen,
  ];
  await query(HISTORY, [silent.map(deviceId)]);
  await query(
    `INSERT INTO device_heartbeats (device_id, ts) VALUES ('ghost', now() AT TIME ZONE 'UTC')`,
  );
  await query(STATES);
  await query(LAST_STATUS);
  const set = (assignments: string, ...numbers: number[]) =>
    query(`UPDATE devices SET ${assignments} WHERE id = ANY($1)`, [numbers.map(deviceId)]);
  const broken = `last_status = '{"battery": {"pct": 5'`;
  await set(
    `last_seen = now() AT TIME ZONE 'UTC' - interval '3 hours', ${broken}`,
    SPECIAL.brokenAlone,
  );
  await set(broken, SPECIAL.brokenBesideState);
  await set(`last_seen = created_at + interval '53 us'`, SPECIAL.neverSeen);
  await set(
    `last_seen = now() AT TIME ZONE 'UTC' - interval '5 seconds',
     last_status = '{"battery": {"pct": 44, "charging": false, "temperature_c": -3.5}, "network": {"transport": "cell", "carrier": "O2\\u0000"}, "unity_process_running": false, "app_version": "1.0.1"}'`,
    SPECIAL.onlyLastStatus,
  );
  await set(`last_seen = now() AT TIME ZONE 'UTC' - interval '2 days'`, SPECIAL.onlyLastSeen);
  // Of two that claim an alias the later seen one is in use.
  await set(`last_seen = last_seen - interval '1 hour'`, SPECIAL.aliasTwice);
  return {
    url: url.href,
    query,
    drop: async () => {
      await beside.query(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
