import { describe, expect, test } from '@jest/globals';
import type { DeviceFacts, HeartbeatRecord } from '@nexmdm/contracts';
import * as fc from 'fast-check';
import {
  CODEC_VERSION,
  decodeRecords,
  encodeRecord,
  joinRecords,
  UndecodableEntryError,
} from './codec.ts';
import { sampleRecord } from '../test/sample-record.ts';

const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }));
const flag = fc.option(fc.boolean());
const integer = fc.option(fc.integer());
const time = fc.integer({ min: -8.64e15, max: 8.64e15 });

const facts: fc.Arbitrary<DeviceFacts> = fc.record({
  app_version: text,
  model: text,
  manufacturer: text,
  android_version: text,
  sdk_int: integer,
  patch_level: text,
  build_id: text,
  is_device_owner: flag,
  installed_apk_version_code: fc.option(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  ),
  installed_apk_version_name: text,
  fcm_token: text,
  app_versions: fc.json(),
});

const record: fc.Arbitrary<HeartbeatRecord> = fc.record({
  device_id: fc.uuid(),
  received_at: time,
  event_at: time,
  device_time: fc.option(time),
  ip: text,
  status: fc.string(),
  battery_pct: integer,
  plugged: flag,
  // JSON has no -0.
  temp_c: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
  network_type: text,
  ssid: text,
  carrier: text,
  signal_dbm: integer,
  uptime_s: integer,
  ram_used_mb: integer,
  unity_pkg_version: text,
  unity_running: flag,
  agent_version: text,
  power_ok: flag,
  doze_whitelisted: flag,
  net_validated: flag,
  queue_depth: integer,
  service_up: flag,
  monitored_foreground_recent_s: integer,
  monitored_package: text,
  monitored_threshold_min: integer,
  facts,
});

const encode = (records: readonly HeartbeatRecord[]) => joinRecords(records.map(encodeRecord));

/** The values of a good heartbeat with one of them replaced. */
function withValue(index: number, value: unknown): string {
  const values = JSON.parse(encodeRecord(sampleRecord())) as unknown[];
  values[index] = value;
  return JSON.stringify([values]);
}

describe('an entry', () => {
  test('comes back as the heartbeats it was made of', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        expect(decodeRecords(CODEC_VERSION, encode(records))).toEqual(records);
      }),
      { numRuns: 300 },
    );
  });

  test('has no names in it', () => {
    expect(encodeRecord(sampleRecord())).not.toMatch(/battery|device_id|facts/);
  });
});

describe('an entry that can’t be read', () => {
  const refused = (version: string, payload: string) => {
    expect(() => decodeRecords(version, payload)).toThrow(UndecodableEntryError);
  };

  test.each(['', '0', '2', '1.0', ' 1'])('has another version: %j', (version) => {
    refused(version, encode([sampleRecord()]));
  });

  test.each([
    '',
    'null',
    '7',
    '{}',
    '[]',
    '[null]',
    '[[]]',
    '[{}]',
    '"text"',
    '[[1,2,3]]',
    encode([sampleRecord()]).slice(0, -1),
    `[${encodeRecord(sampleRecord())},[]]`,
    JSON.stringify([[...(JSON.parse(encodeRecord(sampleRecord())) as unknown[]), 'one more']]),
    '['.repeat(100_000),
  ])('has another content (%#)', (payload) => {
    refused(CODEC_VERSION, payload);
  });

  test.each([
    [0, null],
    [0, 7],
    [0, 'kiosk-7'],
    [0, '00000000-0000-4000-8000-00000000000G'],
    [0, '00000000-0000-4000-8000-000000000001\n'],
    [1, null],
    [1, '1795426867512'],
    [1, 0.5],
    [2, null],
    [2, 2 ** 53],
    [2, []],
  ])('has a heartbeat without device or time: value %i is %j', (index, value) => {
    refused(CODEC_VERSION, withValue(index, value));
  });

  test('is always said to be so, whatever it is', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .array(fc.array(fc.jsonValue(), { minLength: 38, maxLength: 38 }))
        .map((v) => JSON.stringify(v)),
    );
    fc.assert(fc.property(fc.constantFrom('', CODEC_VERSION, '2'), anything, refused), {
      numRuns: 2_000,
    });
  });
});
