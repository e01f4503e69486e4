import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dayOf, ensurePartition, openDatabase } from '@nexmdm/db';
import {
  adminGet,
  createTestDatabase,
  heartbeatAt,
  IngestClient,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  waitFor,
  type TestDatabase,
} from '@nexmdm/testing';
import { nexmdm, startNexmdm } from './cli-process.ts';
import {
  createFirstNexmdm,
  deviceId,
  DEVICES,
  HISTORY_DAYS,
  SPECIAL,
  tokenIdOf,
  tokenOf,
  type FirstNexmdm,
} from './first-nexmdm.ts';

/** Skipped: ids and aliases that can't be. */
const SKIPPED = 6;
const ONLINE_SECONDS = 1_800;

let first: FirstNexmdm;
let target: TestDatabase;
let folder: string;
/** What the first import of all said. */
let result: Result;

interface Result {
  dry_run: boolean;
  devices: Record<string, number>;
  statuses: Record<string, number>;
  history: Record<string, number> | null;
  reasons: Record<string, number>;
  examples: { kind: string; reason: string; device_id: string; alias: string }[];
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-import-'));
  target = await createTarget();
  first = await createFirstNexmdm(target);
}, 120_000);

afterAll(async () => {
  await first.drop();
  await target.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A database with devices of its own that have an alias and a token of those to come. */
async function createTarget(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await database.query(
    `INSERT INTO devices (id, alias, token_id) VALUES
       (gen_random_uuid(), 'taken here', NULL), (gen_random_uuid(), 'with its token', $1)`,
    [tokenIdOf(SPECIAL.tokenTaken)],
  );
  return database;
}

const importArgs = (...args: string[]) => ['import', '--from', first.url, ...args];

async function runImport(database: TestDatabase, ...args: string[]): Promise<Result> {
  const days = args.includes('--history-days') ? [] : ['--history-days', String(HISTORY_DAYS)];
  const { code, stdout, stderr } = await nexmdm(importArgs('--json', ...days, ...args), {
    DATABASE_URL: database.url,
  });
  expect([code, stderr.replaceAll(/^(devices|history): .*\n/gm, '')]).toEqual([0, '']);
  return JSON.parse(stdout) as Result;
}

/** Whether two databases hold the same. */
async function contents(database: TestDatabase): Promise<unknown> {
  return Promise.all(
    ['devices', 'device_last_status', 'device_heartbeats'].map(async (table) => {
      const [sum] = await database.query<{ rows: string; sum: string }>(
        `SELECT count(*)::text AS rows, sum(hashtextextended(t::text, 0))::text AS sum FROM ${table} t
         ${table === 'devices' ? `WHERE alias NOT IN ('taken here', 'with its token')` : ''}`,
      );
      return [table, sum];
    }),
  );
}

const device = async (number: number, database = target) => {
  const [row] = await database.query<Record<string, unknown>>(
    `SELECT d.*, s.last_ts, s.last_seen_at, s.battery_pct, s.carrier, s.unity_running, s.temp_c
     FROM devices d LEFT JOIN device_last_status s ON s.device_id = d.id WHERE d.id = $1`,
    [deviceId(number)],
  );
  return row;
};

describe('import', () => {
  test('a dry run reads everything and changes nothing', async () => {
    const before = await contents(target);
    const partitions = await target.query('SELECT partition_name FROM hb_partitions ORDER BY 1');
    const planned = await runImport(target, '--dry-run');
    expect(await contents(target)).toEqual(before);
    expect(await target.query('SELECT partition_name FROM hb_partitions ORDER BY 1')).toEqual(
      partitions,
    );
    expect(await target.query('SELECT 1 FROM job_runs')).toEqual([]);

    const report = path.join(folder, 'report.ndjson');
    result = await runImport(target, '--report', report);
    expect(result).toEqual({ ...planned, dry_run: false });
    const lines = (await readFile(report, 'utf8')).trimEnd().split('\n');
    const sum = Object.values(result.reasons).reduce((a, b) => a + b, 0);
    expect(lines).toHaveLength(sum);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual({
      kind: 'skipped',
      reason: 'alias_twice',
      device_id: deviceId(SPECIAL.aliasTwice),
      alias: 'Kiosk 3',
    });
    expect(lines.join('')).not.toContain(tokenIdOf(SPECIAL.aliasTwice));
  }, 120_000);

  test('says what it took and what it left out', async () => {
    expect(result.reasons).toEqual({
      id_invalid: 1,
      alias_empty: 1,
      alias_too_long: 1,
      alias_unprintable: 1,
      alias_twice: 1,
      alias_taken: 1,
      token_missing: 1,
      token_malformed: 1,
      token_taken: 1,
      threshold_invalid: 1,
      last_status_broken: 2,
    });
    expect(result.devices).toEqual({
      read: DEVICES,
      imported: DEVICES - SKIPPED,
      already_there: 0,
      skipped: SKIPPED,
    });
    expect(result.statuses).toEqual({
      imported: DEVICES - SKIPPED - 2,
      advanced: 0,
      already_there: 0,
      never_reported: 2,
    });
    const [source] = await first.query<{ read: number; buckets: number; left_out: number }>(
      `SELECT count(*)::integer AS read, count(*) FILTER (WHERE left_out)::integer AS left_out,
         (count(DISTINCT (device_id, floor(extract(epoch FROM ts) / 10))) FILTER (WHERE NOT left_out))::integer AS buckets
       FROM (SELECT *, NOT device_id = ANY($1) AS left_out FROM device_heartbeats
         WHERE ts >= date_trunc('day', now() AT TIME ZONE 'UTC') - interval '${HISTORY_DAYS} days') h`,
      [(await target.query<{ id: string }>('SELECT id FROM devices')).map(({ id }) => id)],
    );
    const { read = 0, buckets = 0, left_out = 0 } = source ?? {};
    expect(left_out).toBeGreaterThan(1);
    expect(read - left_out).toBeGreaterThan(buckets);
    expect(result.history).toMatchObject({
      days: HISTORY_DAYS + 1,
      read,
      imported: buckets,
      already_there: 0,
      left_out,
      same_bucket: read - left_out - buckets,
    });
  });

  test('brings every device with its settings and facts', async () => {
    const imported = await target.query(
      `SELECT id::text, alias, token_id, token_revoked_at IS NOT NULL AS revoked, created_at::text,
         app_version, model, manufacturer, android_version, sdk_int, build_id, is_device_owner,
         fcm_token, installed_apk_version_code, installed_apk_version_name, monitored_package,
         monitored_app_name, monitored_threshold_min, monitor_enabled
       FROM devices WHERE alias NOT IN ('taken here', 'with its token') ORDER BY id`,
    );
    const { aliasTwice, aliasEmpty, aliasTooLong, aliasUnprintable, aliasTaken } = SPECIAL;
    const { tokenMissing, tokenMalformed, tokenTaken, thresholdInvalid } = SPECIAL;
    const expected = await first.query(
      `SELECT id, alias, CASE WHEN NOT id = ANY($2) THEN token_id END AS token_id,
         token_revoked_at IS NOT NULL AS revoked, (created_at AT TIME ZONE 'UTC')::text AS created_at,
         app_version, model, manufacturer, android_version, sdk_int, build_id, is_device_owner,
         fcm_token, installed_apk_version_code, installed_apk_version_name,
         CASE WHEN monitoring_use_defaults THEN 'io.unitynodes.unityapp' ELSE monitored_package END AS monitored_package,
         CASE WHEN monitoring_use_defaults THEN 'Unity' ELSE monitored_app_name END AS monitored_app_name,
         CASE WHEN monitoring_use_defaults THEN 25 WHEN id = $3 THEN 10 ELSE monitored_threshold_min END AS monitored_threshold_min,
         monitor_enabled
       FROM devices WHERE id LIKE '0%' AND NOT id = ANY($1) ORDER BY id`,
      [
        [aliasTwice, aliasEmpty, aliasTooLong, aliasUnprintable, aliasTaken].map(deviceId),
        [tokenMissing, tokenMalformed, tokenTaken].map(deviceId),
        deviceId(thresholdInvalid),
      ],
    );
    expect(imported).toEqual(expected);
    expect(await device(SPECIAL.version64)).toMatchObject({
      installed_apk_version_code: '9223372036854775807',
      facts_hash: 'imported',
      patch_level: '2024-03-05',
    });
    const exact = await target.query(
      `SELECT app_versions->'org.example.app'->'version_code' = '9223372036854775807' AS exact
       FROM devices WHERE id = $1`,
      [deviceId(SPECIAL.version64)],
    );
    expect(exact).toEqual([{ exact: true }]);
  });

  test('every device reads back with the status that it had', async () => {
    const columns = `battery_pct, network_type, unity_running, signal_dbm, agent_version, ip, status,
      service_up, monitored_foreground_recent_s, monitored_package, monitored_threshold_min`;
    const imported = await target.query<{ id: string }>(
      `SELECT device_id::text AS id, last_ts::text, last_seen_at::text, ssid, power_ok, queue_depth, ${columns}
       FROM device_last_status WHERE NOT device_id = ANY($1) ORDER BY device_id`,
      [[SPECIAL.brokenAlone, SPECIAL.onlyLastSeen, SPECIAL.onlyLastStatus].map(deviceId)],
    );
    const broken = deviceId(SPECIAL.brokenBesideState);
    const expected = await first.query(
      `SELECT s.device_id AS id, (last_ts AT TIME ZONE 'UTC')::text AS last_ts,
         (greatest(last_ts, last_seen) AT TIME ZONE 'UTC')::text AS last_seen_at,
         CASE WHEN d.id <> $2 THEN 'shop ' || d.alias END AS ssid,
         CASE WHEN d.id <> $2 THEN true END AS power_ok, CASE WHEN d.id <> $2 THEN 4 END AS queue_depth,
         ${columns.replaceAll(/\w+/g, 's.$&')}
       FROM device_last_status s JOIN devices d ON d.id = s.device_id
       WHERE s.device_id = ANY($1) ORDER BY s.device_id`,
      [imported.map(({ id }) => id), broken],
    );
    expect(imported).toHaveLength(DEVICES - SKIPPED - 5);
    expect(imported).toEqual(expected);

    expect(await device(SPECIAL.neverSeen)).toMatchObject({ last_ts: null, facts_hash: null });
    expect(await device(SPECIAL.neverSeenAtAll)).toMatchObject({ last_ts: null });
    expect(await device(SPECIAL.onlyLastSeen)).toMatchObject({ battery_pct: null });
    expect(await device(SPECIAL.brokenAlone)).toMatchObject({ battery_pct: null });
    expect(await device(SPECIAL.onlyLastStatus)).toMatchObject({
      battery_pct: 44,
      carrier: 'O2\uFFFD',
      unity_running: false,
      temp_c: -3.5,
    });
  });

  test('the query API shows the fleet as it was, and its history', async () => {
    const settings = {
      ADMIN_KEY: TEST_ADMIN_KEY,
      DATABASE_URL: target.url,
      REDIS_URL: testRedisUrl(6),
    };
    const query = await startApp('query-api', settings);
    try {
      const shown = new Map<string, Record<string, unknown>>();
      let next: string | undefined = '/v1/devices?limit=1000';
      while (next !== undefined) {
        const { devices, pagination } = (await (await adminGet(query.url, next)).json()) as {
          devices: { id: string }[];
          pagination: { next_cursor: string | null };
        };
        for (const one of devices) shown.set(one.id, one);
        const cursor = pagination.next_cursor;
        next = cursor === null ? undefined : `/v1/devices?limit=1000&cursor=${cursor}`;
      }
      const rows = await first.query<{
        id: string;
        status: string;
        battery_pct: number | null;
        last_seen: Date | null;
      }>(
        `SELECT id, battery_pct, unity_running, network_type, seen AS last_seen,
           CASE WHEN seen IS NULL THEN 'never'
             WHEN now() - seen <= interval '${ONLINE_SECONDS} s' THEN 'online' ELSE 'offline' END AS status
         FROM (
           SELECT d.id, s.*, CASE WHEN d.last_status IS NOT NULL OR s.last_ts IS NOT NULL OR d.id = $1
             THEN greatest(d.last_seen, s.last_ts) AT TIME ZONE 'UTC' END AS seen
           FROM devices d LEFT JOIN device_last_status s ON s.device_id = d.id
           WHERE d.id <> $2
         ) d`,
        [deviceId(SPECIAL.onlyLastSeen), deviceId(SPECIAL.onlyLastStatus)],
      );
      const compared = rows.filter(({ id }) => shown.has(id));
      expect(compared).toHaveLength(DEVICES - SKIPPED - 1);
      expect(new Set(compared.map(({ status }) => status))).toEqual(
        new Set(['online', 'offline', 'never']),
      );
      for (const { id, last_seen, ...fields } of compared) {
        expect(shown.get(id)).toMatchObject({
          ...fields,
          last_seen: last_seen?.toISOString() ?? null,
        });
      }
      const path = `/v1/devices/${deviceId(100)}/heartbeats?limit=500&from=${new Date(Date.now() - 8 * 86_400_000).toISOString()}`;
      const { heartbeats } = (await (await adminGet(query.url, path)).json()) as {
        heartbeats: Record<string, unknown>[];
      };
      const [kept] = await first.query<{ count: number }>(
        `SELECT count(DISTINCT floor(extract(epoch FROM ts) / 10))::integer AS count FROM device_heartbeats
         WHERE device_id = $1 AND ts >= date_trunc('day', now() AT TIME ZONE 'UTC') - interval '${HISTORY_DAYS} days'`,
        [deviceId(100)],
      );
      expect(heartbeats).toHaveLength(kept?.count ?? -1);
      expect(shown.get(deviceId(100))).toMatchObject({
        battery_pct: heartbeats[0]?.['battery_pct'],
      });
    } finally {
      await query.stop();
    }
  }, 60_000);

  test('agents go on with their tokens', async () => {
    const copy = await createTarget();
    await runImport(copy, '--history-days', '0');
    const settings = {
      ADMIN_KEY: TEST_ADMIN_KEY,
      DATABASE_URL: copy.url,
      REDIS_URL: testRedisUrl(6),
    };
    await nexmdm(['migrate'], settings);
    const [ingest, writer] = await Promise.all([
      startApp('ingest-api', settings),
      startApp('writer-worker', settings),
    ]);
    try {
      const client = new IngestClient(ingest.url);
      const send = async (number: number) => {
        const payload = heartbeatAt(Date.now(), { alias: `Kiosk ${number}` });
        return (await client.heartbeat({ device_token: tokenOf(number) }, payload)).status;
      };
      expect(await send(200)).toBe(202);
      expect(await send(SPECIAL.neverSeen)).toBe(202);
      expect(await send(SPECIAL.revoked)).toBe(410);
      expect(await send(SPECIAL.aliasTwice)).toBe(401);
      const reported = await waitFor('the status and the facts', async () => {
        const row = await device(200, copy);
        return row?.['facts_hash'] !== 'imported' && row?.['patch_level'] === '2024-03-05' && row;
      });
      expect(reported).toMatchObject({ battery_pct: 87, build_id: 'TP1A.220624.014' });
      // Imported once more, the older status is not brought back.
      const again = await runImport(copy, '--history-days', '0');
      expect(again.statuses).toMatchObject({ imported: 0, advanced: 0 });
      expect(await device(200, copy)).toEqual(reported);
    } finally {
      await Promise.all([ingest.stop(), writer.stop()]);
      await copy.drop();
    }
  }, 60_000);

  test('run again it changes nothing, whether the days are read once more or not', async () => {
    const before = await contents(target);
    for (const args of [[], ['--every-day']]) {
      const again = await runImport(target, ...args);
      expect(again.devices).toMatchObject({ imported: 0, already_there: DEVICES - SKIPPED });
      expect(again.statuses).toMatchObject({
        imported: 0,
        advanced: 0,
        already_there: DEVICES - SKIPPED - 2,
      });
      expect(again.history).toMatchObject({
        read: result.history?.['read'],
        imported: 0,
        already_there: result.history?.['imported'],
      });
      expect(again.history?.['days_done_before']).toBe(args.length > 0 ? 0 : HISTORY_DAYS);
      expect(await contents(target)).toEqual(before);
    }
    const text = await nexmdm(importArgs('--history-days', '1'), { DATABASE_URL: target.url });
    expect(text.stdout).toMatch(/devices +5000 +0 +4994 +6\n/);
    expect(text.stdout).toContain('alias_twice');
  }, 120_000);

  test('the history derives the statuses that were imported', async () => {
    const { stdout } = await nexmdm(['backfill', '--days', '8', '--dry-run', '--json'], {
      DATABASE_URL: target.url,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      devices: DEVICES - SKIPPED + 2,
      inserted: 0,
      advanced: 0,
      seen_later: 0,
      // The one whose last heartbeat couldn't be read: the history has more of it.
      repaired: 1,
    });
  });

  test('killed half way and started again it comes to the same, and only one runs at a time', async () => {
    const copy = await createTarget();
    const handle = openDatabase({
      url: copy.url,
      poolMax: 2,
      applicationName: 'test',
      statementTimeoutMs: 30_000,
      connectTimeoutMs: 5_000,
      onConnectionError: () => {},
    });
    try {
      // A heartbeat in the middle that somebody else is about to write holds it up.
      const release = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const [row] = await target.query<{ device_id: string; ts: Date; received_at: Date }>(
        `SELECT device_id, ts, received_at FROM device_heartbeats
         WHERE device_id = $1 AND ts < now() - interval '3 days' ORDER BY ts DESC LIMIT 1`,
        [deviceId(2_500)],
      );
      if (row === undefined) throw new Error('there is no such heartbeat');
      await ensurePartition(handle.db, dayOf(row.ts.getTime()));
      const holder = handle.db.transaction().execute(async (trx) => {
        await trx
          .insertInto('device_heartbeats')
          .values({ ...row, status: 'ok' })
          .execute();
        held.resolve();
        await release.promise;
        throw new Error('rolled back');
      });
      await held.promise;
      const env = { DATABASE_URL: copy.url };
      const running = startNexmdm(importArgs('--history-days', String(HISTORY_DAYS)), env);
      await waitFor(
        'the import to be held up half way',
        async () => {
          const waiting = await copy.query(
            `SELECT 1 FROM pg_stat_activity WHERE application_name = 'nexmdm-import'
             AND wait_event_type = 'Lock' AND datname = current_database()`,
          );
          return waiting.length > 0;
        },
        60_000,
      );
      expect(running.output()).toMatch(/^devices: \d+ read/);
      const second = await nexmdm(importArgs(), env);
      expect(second).toMatchObject({ code: 1, stdout: '' });
      expect(second.stderr).toContain('Another import is at work');

      running.child.kill('SIGKILL');
      await running.exited;
      release.resolve();
      await expect(holder).rejects.toThrow('rolled back');
      const completed = await runImport(copy);
      expect(completed.devices).toMatchObject({ imported: 0, already_there: DEVICES - SKIPPED });
      expect(completed.history?.['days_done_before']).toBeGreaterThan(0);
      expect(completed.history?.['imported']).toBeGreaterThan(0);
      expect(await contents(copy)).toEqual(await contents(target));
      expect(await copy.query('SELECT status FROM job_runs ORDER BY started_at')).toEqual([
        { status: 'given_up' },
        { status: 'succeeded' },
      ]);
    } finally {
      await handle.close();
      await copy.drop();
    }
  }, 120_000);

  test('what was mended in the source comes with the next import, with its history', async () => {
    const { aliasTwice, tokenMissing } = SPECIAL;
    await first.query(`UPDATE devices SET alias = 'Kiosk 2' WHERE id = $1`, [deviceId(aliasTwice)]);
    await first.query(`UPDATE devices SET token_id = $2 WHERE id = $1`, [
      deviceId(tokenMissing),
      tokenIdOf(tokenMissing),
    ]);
    await target.query(`UPDATE hb_partitions SET state = 'archived' WHERE range_start = $1`, [
      `${dayOf(Date.now() - 5 * 86_400_000)}T00:00:00Z`,
    ]);
    const { devices, reasons, history } = await runImport(target);
    expect(devices).toMatchObject({ imported: 1, skipped: SKIPPED - 1 });
    expect(reasons).toMatchObject({ token_added: 1 });
    expect(history?.['days_closed']).toHaveLength(1);
    expect(history?.['imported']).toBeGreaterThan(HISTORY_DAYS * 6);
    expect(await device(tokenMissing)).toMatchObject({ token_id: tokenIdOf(tokenMissing) });
    expect(await device(aliasTwice)).toMatchObject({ alias: 'Kiosk 2' });
  }, 60_000);

  test('an installation from before last statuses and monitoring is taken as it is', async () => {
    const copy = await createTarget();
    try {
      await first.query('DROP TABLE device_last_status, monitoring_defaults');
      await first.query(
        `ALTER TABLE devices DROP COLUMN token_revoked_at, DROP COLUMN monitor_enabled,
         DROP COLUMN monitoring_use_defaults, DROP COLUMN monitored_threshold_min,
         DROP COLUMN installed_apk_version_code, ADD COLUMN more jsonb`,
      );
      const imported = await runImport(copy, '--history-days', '0');
      expect(imported.history).toBeNull();
      expect(imported.statuses).toMatchObject({ never_reported: 2 });
      const [source] = await first.query<{ unity: { status: string } }>(
        `SELECT last_status::json->'unity' AS unity FROM devices WHERE id = $1`,
        [deviceId(100)],
      );
      expect(await device(100, copy)).toMatchObject({
        battery_pct: (await device(100))?.['battery_pct'],
        monitored_package: 'org.example.app',
        monitored_threshold_min: 10,
        monitor_enabled: true,
        // From the last heartbeat.
        installed_apk_version_code: '9223372036854775807',
        unity_running: source?.unity.status === 'running',
      });
    } finally {
      await copy.drop();
    }
  }, 60_000);
});

describe('what can not be imported from', () => {
  const refused = async (
    from: string,
    env: Record<string, string> = { DATABASE_URL: target.url },
  ) => {
    const { code, stdout, stderr } = await nexmdm(['import', '--from', from], env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).not.toContain('secret');
    return stderr;
  };

  test('is said in a line, without the password', async () => {
    expect(await refused('postgres://user:secret@127.0.0.1:1/old')).toMatch(
      /^Error: PostgreSQL at 127\.0\.0\.1:1\/old can't be used: .*--from.*\n$/,
    );
    expect(await refused('mysql://user:secret@host/old')).toContain('--from must be a URL');
    const wrong = new URL(first.url);
    wrong.password = 'secret';
    const remedy = /Start it|create it|migrate/;
    const wrongSaid = await refused(wrong.href);
    expect(wrongSaid).toContain('check both in --from, or PGPASSWORD (28P01)');
    expect(wrongSaid).not.toMatch(remedy);
    const missing = new URL(first.url);
    missing.pathname = '/no-such-database';
    const missingSaid = await refused(missing.href);
    expect(missingSaid).toContain('named in --from does not exist; check its name');
    expect(missingSaid).not.toMatch(remedy);
    const bare = new URL(first.url);
    bare.password = '';
    const bareSaid = await refused(bare.href);
    expect(bareSaid).toMatch(
      /can't be used: the server wants a password: set PGPASSWORD, or put it in --from\.\n$/,
    );
    const env = { DATABASE_URL: target.url, PGPASSWORD: new URL(first.url).password };
    const args = ['import', '--from', bare.href, '--history-days', '0', '--dry-run'];
    expect(await nexmdm(args, env)).toMatchObject({ code: 0 });
    expect(await refused(target.url)).toContain('it is a database of this NexMDM');
    const other = new URL(target.url);
    other.pathname = '/postgres';
    expect(await refused(other.href)).toContain('it has no table devices');
    expect(await refused(first.url, { DATABASE_URL: other.href })).toContain('nexmdm migrate');
    const report = await nexmdm(importArgs('--report', path.join(folder, 'no', 'report')), {
      DATABASE_URL: target.url,
    });
    expect(report).toMatchObject({ code: 1, stdout: '' });
    expect(report.stderr).toContain("The report can't be written");
    await first.query('ALTER TABLE devices RENAME COLUMN token_id TO other');
    expect(await refused(first.url)).toContain('its table devices has no column token_id');
    await first.query('ALTER TABLE devices RENAME COLUMN other TO token_id');
    await first.query('ALTER TABLE devices ALTER COLUMN sdk_int TYPE text');
    expect(await refused(first.url)).toContain('its column sdk_int is of type text');
    await first.query('DROP TABLE device_heartbeats');
    expect(await refused(first.url)).toContain('--history-days 0');
  }, 60_000);
});
