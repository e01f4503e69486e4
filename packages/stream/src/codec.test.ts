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
const DAY_MS = 86_400_000;
const receivedAt = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2099-12-31') });
const deviceTime = fc.integer({
  min: Date.parse('0000-01-01T00:00:00Z'),
  max: Date.parse('9999-12-31T23:59:59Z'),
});

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

const state = fc.record({
  device_id: fc.uuid(),
  device_time: fc.option(deviceTime),
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

const record: fc.Arbitrary<HeartbeatRecord> = fc
  .tuple(state, receivedAt, fc.integer({ min: -366 * DAY_MS, max: 3_600_000 }))
  .map(([rest, received_at, age]) =>
    Object.assign(rest, { received_at, event_at: received_at + age }),
  );

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

  test.each([
    ['received in 1970', 1, 0],
    ['received in the year 5138', 1, 1e14],
    ['received when no calendar knows', 1, 9e15],
    ['two years old', 2, 1_795_426_867_512 - 731 * DAY_MS],
    ['of tomorrow', 2, 1_795_426_867_512 + DAY_MS],
    ['of a device’s clock that no calendar knows', 3, 9e15],
  ])('has a heartbeat %s, for which no partition should be made', (_what, index, value) => {
    refused(CODEC_VERSION, withValue(index, value));
  });

  test.each([
    ['a number for the status', 5, 7],
    ['no status', 5, null],
    ['a text for the battery', 6, '87'],
    ['an object for the network', 9, {}],
    ['a list among the facts', 26, [1]],
  ])('has %s', (_what, index, value) => {
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
