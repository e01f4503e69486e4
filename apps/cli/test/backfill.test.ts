import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openDatabase, type DatabaseHandle } from '@nexmdm/db';
import {
  createTestDatabase,
  IngestClient,
  Load,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  waitFor,
  type TestDatabase,
} from '@nexmdm/testing';
import { nexmdm, startNexmdm } from './cli-process.ts';

const DEVICES = 2_000;
const HEARTBEATS = 24;
/** So many that a range has few devices, and a run many ranges. */
const DAYS = 100;
const DEVICE = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let database: TestDatabase;
let handle: DatabaseHandle;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  env = { DATABASE_URL: database.url };
  handle = openDatabase({
    url: database.url,
    poolMax: 1,
    applicationName: 'test',
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    onConnectionError: () => {},
  });
});
afterAll(async () => {
  await handle.close();
  await database.drop();
});

/** A fleet with a history and no status, one deleted device among it. */
beforeEach(async () => {
  await database.query('TRUNCATE devices, device_heartbeats, device_last_status, job_runs');
  await database.query(
    `INSERT INTO devices (id, alias, deleted_at)
     SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'D' || n,
       CASE WHEN n = 7 THEN now() END
     FROM generate_series(1, $1::integer) n`,
    [DEVICES],
  );
  // Today has a partition; yesterday may have none.
  await database.query(
    `INSERT INTO device_heartbeats (device_id, ts, ts_offset_ms, received_at, battery_pct, carrier)
     SELECT id, ts, 1234, ts + interval '2 seconds', n, 'O2'
     FROM devices, generate_series(0, $1::integer - 1) n,
       LATERAL (SELECT date_trunc('day', now(), 'UTC') + n * interval '10 seconds' AS ts) t`,
    [HEARTBEATS],
  );
});

interface Result {
  dry_run: boolean;
  continued_from: string | null;
  devices: number;
  inserted: number;
  advanced: number;
  repaired: number;
  seen_later: number;
  examples: unknown[];
}

async function backfill(...args: string[]): Promise<Result> {
  const { code, stdout, stderr } = await nexmdm(['backfill', '--json', ...args], env);
  expect([code, stderr.replaceAll(/^backfill: .*\n/gm, '')]).toEqual([0, '']);
  return JSON.parse(stdout) as Result;
}

const count = async (condition = 'true') => {
  const [row] = await database.query<{ count: number }>(
    `SELECT count(*)::integer FROM device_last_status WHERE ${condition}`,
  );
  return row?.count;
};
/** Statuses that are what the newest heartbeat says. */
const countRight = () =>
  count(`battery_pct = ${HEARTBEATS - 1} AND carrier = 'O2'
    AND last_ts = date_trunc('day', now(), 'UTC') + interval '${(HEARTBEATS - 1) * 10 + 1.234} seconds'`);

describe('backfill', () => {
  test('says what it would do, does it, and then has nothing to do', async () => {
    await database.query(
      `INSERT INTO device_last_status (device_id, last_ts, last_seen_at, battery_pct)
       SELECT device_id, max(ts) + CASE number WHEN 2 THEN interval '1234 ms' WHEN 3 THEN interval '1 minute' ELSE interval '-1 hour' END,
         max(received_at), 99
       FROM device_heartbeats JOIN (VALUES (1), (2), (3)) v(number)
         ON device_id = ('00000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid
       GROUP BY device_id, number`,
    );
    const expected = { devices: DEVICES, inserted: DEVICES - 3, advanced: 1, repaired: 1 };
    const planned = await backfill('--days', '2', '--dry-run');
    expect(planned).toMatchObject({ dry_run: true, ...expected });
    expect(planned.examples).toHaveLength(10);
    expect(await count()).toBe(3);
    const text = await nexmdm(['backfill', '--dry-run'], env);
    expect(text.stdout).toContain('nothing was changed');
    expect(text.stdout).toMatch(/repaired .*battery_pct 99 -> 23/);

    expect(await backfill('--days', '2')).toMatchObject({
      dry_run: false,
      ...expected,
      examples: [],
    });
    expect(await countRight()).toBe(DEVICES - 1);
    expect(await count('battery_pct = 99')).toBe(1);

    expect(await backfill('--days', '2')).toMatchObject({
      continued_from: null,
      devices: DEVICES,
      inserted: 0,
      advanced: 0,
      repaired: 0,
      seen_later: 0,
    });
    const again = await nexmdm(['backfill'], env);
    expect(again.stdout).toBe(
      `The last status of all ${DEVICES} devices is what the history says, or newer.\n`,
    );
    const runs = await database.query<{ status: string }>(
      `SELECT status, params->>'dry_run' AS dry_run FROM job_runs ORDER BY started_at`,
    );
    expect(runs.map(({ status }) => status)).toEqual(Array(5).fill('succeeded'));
  });

  test('killed half way it goes on where it was, and only one runs at a time', async () => {
    // A row in the middle that somebody else is about to write holds it up.
    const release = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holder = handle.db.transaction().execute(async (trx) => {
      const now = new Date();
      await trx
        .insertInto('device_last_status')
        .values({ device_id: DEVICE(1_000), last_ts: now, last_seen_at: now, status: 'ok' })
        .execute();
      held.resolve();
      await release.promise;
      throw new Error('rolled back');
    });
    await held.promise;
    const first = startNexmdm(['backfill', '--days', String(DAYS)], env);
    await waitFor('the run to be held up half way', async () => {
      const waiting = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE application_name = 'nexmdm-backfill'
         AND wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return waiting.length > 0;
    });
    expect(first.output()).toMatch(/^backfill: \d+ of 2000 devices/);
    const second = await nexmdm(['backfill', '--days', '3'], env);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain('Another backfill is at work');

    first.child.kill('SIGKILL');
    await first.exited;
    release.resolve();
    await expect(holder).rejects.toThrow('rolled back');
    const done = Number(await count());
    expect(done).toBeGreaterThanOrEqual(500);
    expect(done).toBeLessThanOrEqual(1_100);

    const result = await backfill('--days', String(DAYS));
    expect(result.continued_from).not.toBeNull();
    expect(result.devices).toBe(DEVICES);
    expect(await countRight()).toBe(DEVICES);
    const runs = await database.query('SELECT status FROM job_runs');
    expect(runs).toEqual([{ status: 'succeeded' }]);
  });

  test('--restart begins anew, and the run that was broken off is closed', async () => {
    await database.query(
      `INSERT INTO job_runs (job, trigger, params, result) VALUES ('backfill', 'test', $1, $2)`,
      [
        { days: 2, dry_run: false },
        {
          last_device_id: DEVICE(DEVICES),
          devices: DEVICES,
          inserted: 0,
          advanced: 0,
          repaired: 0,
          seen_later: 0,
        },
      ],
    );
    const result = await backfill('--days', '2', '--restart');
    expect(result).toMatchObject({ continued_from: null, inserted: DEVICES });
    expect(await database.query('SELECT status FROM job_runs ORDER BY started_at')).toEqual([
      { status: 'given_up' },
      { status: 'succeeded' },
    ]);
  });

  test('beside a writer under load it moves no status backwards', async () => {
    const settings = {
      ADMIN_KEY: TEST_ADMIN_KEY,
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(5),
    };
    await nexmdm(['migrate'], settings);
    await database.query('TRUNCATE devices, device_heartbeats, device_last_status');
    const [ingest, writer] = await Promise.all([
      startApp('ingest-api', settings),
      startApp('writer-worker', settings),
    ]);
    try {
      const client = new IngestClient(ingest.url);
      const devices = await Promise.all(
        Array.from({ length: 100 }, (_, index) => client.register(`load-${index}`)),
      );
      const load = new Load({ url: () => ingest.url, devices, ratePerSecond: 500 });
      load.start();
      let watching = true;
      const watch = watchStatuses(() => watching);
      for (let round = 0; round < 4; round += 1) {
        const before = load.acknowledged;
        await waitFor('heartbeats', () => load.acknowledged > before + 300);
        // In the order of the devices, as everybody does.
        for (const harm of [
          'DELETE FROM device_last_status s USING',
          'UPDATE device_last_status s SET battery_pct = 1 FROM',
        ]) {
          await database.query(
            `WITH chosen AS (
               SELECT device_id FROM device_last_status WHERE random() < 0.3 ORDER BY 1 FOR UPDATE
             ) ${harm} chosen c WHERE s.device_id = c.device_id`,
          );
        }
        expect((await backfill('--days', '2')).devices).toBe(devices.length);
      }
      const { acknowledged } = await load.stop();
      await waitFor('the writer to catch up', async () => {
        const rows = await database.query<{ count: number }>(
          'SELECT count(*)::integer FROM device_heartbeats',
        );
        return Number(rows[0]?.count) === acknowledged.size;
      });
      watching = false;
      expect(await watch).toEqual([]);
      expect(load.result.statuses).toEqual(new Map([[202, acknowledged.size]]));
      await backfill('--days', '2');
      expect(await count('battery_pct = 87')).toBe(devices.length);
    } finally {
      await Promise.all([ingest.stop(), writer.stop()]);
    }
  }, 90_000);
});

/** Looks at all statuses again and again; what went backwards. */
async function watchStatuses(goOn: () => boolean): Promise<string[]> {
  const newest = new Map<string, { last_ts: Date; last_seen_at: Date }>();
  const backwards: string[] = [];
  while (goOn()) {
    const rows = await database.query<{ device_id: string; last_ts: Date; last_seen_at: Date }>(
      'SELECT device_id, last_ts, last_seen_at FROM device_last_status',
    );
    for (const row of rows) {
      const known = newest.get(row.device_id) ?? row;
      if (row.last_ts < known.last_ts || row.last_seen_at < known.last_seen_at) {
        backwards.push(`${JSON.stringify(known)} -> ${JSON.stringify(row)}`);
      }
      newest.set(row.device_id, row);
    }
  }
  return backwards;
}
