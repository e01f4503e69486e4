import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, waitFor, type TestDatabase } from '@nexmdm/testing';
import { sql } from 'kysely';
import { Client } from 'pg';
import { addDays, dayOf, partitionName, startOfDay } from '../day.ts';
import type { DatabaseHandle } from '../pool.ts';
import { isLockTimeout, isMissingPartition } from '../sqlstate.ts';
import { openTestDatabase, sampleDevice, sampleRecord } from '../../test/database.ts';
import { dualWrite } from './dual-write.ts';
import { ensurePartition } from './ensure-partition.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { listMissingPartitions } from './list-missing-partitions.ts';

let testDatabase: TestDatabase;
let database: DatabaseHandle;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = openTestDatabase(testDatabase.url, { poolMax: 8 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const isAttached = async (day: string) => {
  const rows = await testDatabase.query(
    "SELECT 1 FROM pg_inherits WHERE inhparent = 'device_heartbeats'::regclass AND inhrelid = to_regclass($1)",
    [partitionName(day)],
  );
  return rows.length === 1;
};
const ledgerOf = (day: string) =>
  testDatabase.query('SELECT * FROM hb_partitions WHERE partition_name = $1', [partitionName(day)]);
const writeAt = (time: number) => dualWrite(database.db, [sampleRecord(time)]);

describe('making a partition', () => {
  test('makes it once, named and bounded by its UTC day, and notes it in the ledger', async () => {
    const day = '2024-02-29';
    expect(await ensurePartition(database.db, day)).toBe(true);
    expect(await ensurePartition(database.db, day)).toBe(false);
    expect(await isAttached(day)).toBe(true);
    expect(await ledgerOf(day)).toMatchObject([
      {
        partition_name: 'device_heartbeats_20240229',
        range_start: new Date('2024-02-29T00:00:00Z'),
        range_end: new Date('2024-03-01T00:00:00Z'),
        state: 'active',
        archived_at: null,
        dropped_at: null,
      },
    ]);
  });

  test('takes heartbeats from the first to the last moment of the day, and no others', async () => {
    const day = '2024-03-10';
    await ensurePartition(database.db, day);
    const start = startOfDay(day).getTime();
    const end = startOfDay(addDays(day, 1)).getTime();
    expect(await writeAt(start)).toMatchObject({ written: 1 });
    expect(await writeAt(end - 1)).toMatchObject({ written: 1 });
    for (const outside of [start - 1, end]) {
      const failure = await writeAt(outside).catch((error: unknown) => error);
      expect(isMissingPartition(failure)).toBe(true);
    }
    expect(await testDatabase.query(`SELECT ts FROM ${partitionName(day)} ORDER BY ts`)).toEqual([
      { ts: new Date(start) },
      { ts: new Date(end - 10_000) },
    ]);
  });

  test('gives it the columns, defaults and primary key of the table', async () => {
    const day = '2024-03-11';
    await ensurePartition(database.db, day);
    const columnsOf = (table: string) =>
      testDatabase.query(
        `SELECT column_name, data_type, is_nullable, column_default
         FROM information_schema.columns WHERE table_name = $1 ORDER BY ordinal_position`,
        [table],
      );
    expect(await columnsOf(partitionName(day))).toEqual(await columnsOf('device_heartbeats'));
    const keys = await testDatabase.query(
      `SELECT pg_get_constraintdef(c.oid) AS definition, parent.conname AS of
       FROM pg_constraint c JOIN pg_constraint parent ON parent.oid = c.conparentid
       WHERE c.conrelid = $1::regclass AND c.contype = 'p'`,
      [partitionName(day)],
    );
    expect(keys).toEqual([
      { definition: 'PRIMARY KEY (device_id, ts)', of: 'device_heartbeats_pkey' },
    ]);
    const indexes = await testDatabase.query('SELECT 1 FROM pg_indexes WHERE tablename = $1', [
      partitionName(day),
    ]);
    expect(indexes).toHaveLength(1);
  });

  test('by eight at once makes it once and fails for none', async () => {
    const day = '2024-03-12';
    const made = await Promise.all(
      Array.from({ length: 8 }, () => ensurePartition(database.db, day)),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await ledgerOf(day)).toHaveLength(1);
  });

  test('makes it anew after it was dropped, and says so in the ledger', async () => {
    const day = '2024-03-13';
    await ensurePartition(database.db, day);
    await testDatabase.query(`DROP TABLE ${partitionName(day)}`);
    await testDatabase.query(
      "UPDATE hb_partitions SET state = 'dropped', dropped_at = now(), archive_url = 'file:///a' WHERE partition_name = $1",
      [partitionName(day)],
    );
    expect(await ensurePartition(database.db, day)).toBe(true);
    expect(await ledgerOf(day)).toMatchObject([
      { state: 'active', dropped_at: null, archive_url: 'file:///a' },
    ]);
    expect(await writeAt(startOfDay(day).getTime())).toMatchObject({ written: 1 });
  });

  test('attaches it again, with what is in it, after it was detached', async () => {
    const day = '2024-03-14';
    await ensurePartition(database.db, day);
    await writeAt(startOfDay(day).getTime());
    await testDatabase.query(
      `ALTER TABLE device_heartbeats DETACH PARTITION ${partitionName(day)} CONCURRENTLY`,
    );
    expect(await ensurePartition(database.db, day)).toBe(true);
    expect(await writeAt(startOfDay(day).getTime())).toMatchObject({ written: 0, deduplicated: 1 });
  });

  test('isn’t said to be done while a broken-off detaching leaves the day without one', async () => {
    const day = '2024-03-15';
    await ensurePartition(database.db, day);
    const reader = new Client({ connectionString: testDatabase.url });
    const detacher = new Client({ connectionString: testDatabase.url });
    detacher.on('error', () => {});
    await Promise.all([reader.connect(), detacher.connect()]);
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM device_heartbeats');
    const detach = detacher
      .query(`ALTER TABLE device_heartbeats DETACH PARTITION ${partitionName(day)} CONCURRENTLY`)
      .catch((error: unknown) => error);
    await waitFor('the detaching to be pending', async () => {
      const rows = await testDatabase.query('SELECT 1 FROM pg_inherits WHERE inhdetachpending');
      return rows.length === 1;
    });
    await testDatabase.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE device_heartbeats DETACH%'",
    );
    await detach;
    await reader.end();
    const failure = await writeAt(startOfDay(day).getTime()).catch((error: unknown) => error);
    expect(isMissingPartition(failure)).toBe(true);
    expect(await listMissingPartitions(database.db, day, 0)).toEqual([day]);
    await expect(ensurePartition(database.db, day)).rejects.toThrow(partitionName(day));
    await testDatabase.query(
      `ALTER TABLE device_heartbeats DETACH PARTITION ${partitionName(day)} FINALIZE`,
    );
    expect(await ensurePartition(database.db, day)).toBe(true);
    expect(await writeAt(startOfDay(day).getTime())).toMatchObject({ written: 1 });
  });

  test('lets writes into other partitions go on, those of open transactions too', async () => {
    const today = Date.now();
    await database.db.transaction().execute(async (trx) => {
      await dualWrite(trx, [sampleRecord(today)]);
      expect(await ensurePartition(database.db, '2024-03-16')).toBe(true);
      await dualWrite(trx, [sampleRecord(today, { device_id: sampleDevice(2) })]);
    });
  });

  test('and writing at the same time wait for each other nowhere', async () => {
    const days = Array.from({ length: 20 }, (_, index) => addDays('2024-05-01', index));
    let writing = true;
    const load = Array.from({ length: 4 }, async (_, writer) => {
      while (writing) {
        await dualWrite(
          database.db,
          Array.from({ length: 20 }, (_unused, index) =>
            sampleRecord(Date.now(), {
              device_id: sampleDevice(writer * 1_000 + index),
            }),
          ),
        );
      }
    });
    for (const day of days) expect(await ensurePartition(database.db, day)).toBe(true);
    writing = false;
    await Promise.all(load);
  });

  test('gives way to a lock on the table after a second, and works later', async () => {
    const release = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const holder = database.db.transaction().execute(async (trx) => {
      await sql`LOCK TABLE device_heartbeats IN SHARE UPDATE EXCLUSIVE MODE`.execute(trx);
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    const failure = await ensurePartition(database.db, '2024-03-17').catch(
      (error: unknown) => error,
    );
    expect(isLockTimeout(failure)).toBe(true);
    expect(await ledgerOf('2024-03-17')).toEqual([]);
    release.resolve();
    await holder;
    expect(await ensurePartition(database.db, '2024-03-17')).toBe(true);
  });
});

describe('making the partitions of the days ahead', () => {
  test('makes those that are missing, across the end of a month and year', async () => {
    await ensurePartition(database.db, '2023-12-31');
    expect(await listMissingPartitions(database.db, '2023-12-30', 3)).toEqual([
      '2023-12-30',
      '2024-01-01',
      '2024-01-02',
    ]);
    expect(await ensurePartitions(database.db, '2023-12-30', 3)).toEqual([
      '2023-12-30',
      '2024-01-01',
      '2024-01-02',
    ]);
    expect(await ensurePartitions(database.db, '2023-12-30', 3)).toEqual([]);
  });

  test('finds those of today and the days ahead made by the migration', async () => {
    expect(await ensurePartitions(database.db, dayOf(Date.now()), 7)).toEqual([]);
  });
});
