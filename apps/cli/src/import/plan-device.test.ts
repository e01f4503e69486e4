import { describe, expect, test } from '@jest/globals';
import type { SourceDevice } from '@nexmdm/db';
import { planDevice, type DevicePlan } from './plan-device.ts';

const ID = '00000000-0000-4000-8000-00000000000A';
const TOKEN_ID = 'A'.repeat(64);
const [CREATED, LATER] = ['2026-11-01 08:00:00.5+00', '2026-11-23 09:00:00.123456+00'];

const SOURCE: SourceDevice = {
  id: ID,
  alias: 'D1',
  hardware_id: null,
  token_id: TOKEN_ID,
  token_revoked_at: null,
  created_at: CREATED,
  last_seen: null,
  seen_after_s: null,
  last_status: null,
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
  monitored_package: 'org.example',
  monitored_app_name: null,
  monitored_threshold_min: 5,
  monitor_enabled: true,
  monitoring_use_defaults: false,
  time_in_future: false,
  state: null,
};

const plan = (changes: Partial<SourceDevice> = {}) =>
  planDevice({ ...SOURCE, ...changes }, undefined) as DevicePlan;

describe('planning a device', () => {
  test('takes id and token as they are looked up here', () => {
    expect(plan().device).toMatchObject({ id: ID.toLowerCase(), token_id: TOKEN_ID.toLowerCase() });
    expect(plan().notes).toEqual([]);
  });

  test.each<[Partial<SourceDevice>, string]>([
    [{ id: null }, 'id_invalid'],
    [{ id: '17' }, 'id_invalid'],
    [{ alias: null }, 'alias_empty'],
    [{ alias: '\u3000 ' }, 'alias_empty'],
    [{ alias: 'x'.repeat(201) }, 'alias_too_long'],
    [{ alias: 'a\nb' }, 'alias_unprintable'],
    [{ alias: '\u200B\u200E' }, 'alias_unprintable'],
  ])('%j is left out', (changes, reason) => {
    expect(planDevice({ ...SOURCE, ...changes }, undefined)).toBe(reason);
  });

  test.each(['Kiosk Überlingen 7 – Nord', '店舗', '👩‍👩‍👧', ' D1 ', 'x'.repeat(200)])(
    '%s is an alias',
    (alias) => {
      expect(plan({ alias }).device.alias).toBe(alias.trim());
    },
  );

  test('a device without a good token is imported without, and that is said', () => {
    expect(plan({ token_id: null })).toMatchObject({
      device: { token_id: null },
      notes: ['token_missing'],
    });
    expect(plan({ token_id: `${'a'.repeat(63)}g` }).notes).toEqual(['token_malformed']);
    // Nobody waits for it.
    expect(plan({ token_id: null, token_revoked_at: LATER }).notes).toEqual([]);
  });

  test('never reported unless something says that it did', () => {
    const registered = { last_seen: CREATED, seen_after_s: 0.001 };
    for (const never of [{}, registered, { ...registered, last_status: '{}' }]) {
      expect(plan(never)).toMatchObject({ status: null, device: { facts_hash: null } });
    }
    for (const last_status of ['{"power_ok": true}', '{"bro']) {
      expect(plan({ ...registered, last_status }).status).toMatchObject({ last_seen_at: CREATED });
    }
    expect(plan({ last_seen: LATER, seen_after_s: 60 })).toMatchObject({
      status: { last_ts: LATER, last_seen_at: LATER, monitored_package: 'org.example' },
      device: { facts_hash: 'imported' },
    });
    expect(plan({ state: { last_ts: LATER } }).status).toMatchObject({ last_seen_at: LATER });
  });

  test('the last status is completed, and was seen when anything came last', () => {
    const last_status = JSON.stringify({
      battery: { pct: 10, charging: true },
      network: { ssid: 'shop', transport: 'cell' },
      unity: { status: 'running' },
      service_up: true,
      monitored_package: 'from.json',
    });
    const state = { last_ts: CREATED, battery_pct: 50, ssid: null, unity_running: null };
    const { status } = plan({ last_seen: LATER, last_status, state });
    expect(status).toMatchObject({
      last_ts: CREATED,
      last_seen_at: LATER,
      battery_pct: 50,
      plugged: true,
      ssid: 'shop',
      network_type: 'cell',
      unity_running: null,
      service_up: true,
      monitored_package: 'from.json',
    });
    expect(
      plan({ last_status, state: { ...state, monitored_package: null } }).status,
    ).toMatchObject({ monitored_package: null });
    expect(plan({ last_seen: CREATED, state: { last_ts: LATER } }).status).toMatchObject({
      last_seen_at: LATER,
    });
  });

  test('a time that is still to come is not known: the latest of the others counts', () => {
    const future = { time_in_future: true, state: { last_ts: null, battery_pct: 50 } };
    for (const [seen, lastSeen] of [
      [LATER, LATER],
      [null, CREATED],
    ] as const) {
      const { status, notes } = plan({ ...future, last_seen: seen });
      expect(status).toMatchObject({ last_ts: lastSeen, last_seen_at: lastSeen, battery_pct: 50 });
      expect(notes).toEqual(['time_in_future']);
    }
    expect(plan({ ...future, created_at: null }).status).toBeNull();
    expect(plan({ time_in_future: true }).status).toBeNull();
  });

  test('what does not fit a column becomes null', () => {
    const { device, status } = plan({
      created_at: '-infinity',
      sdk_int: 2 ** 31,
      installed_apk_version_code: '9223372036854775808',
      state: { last_ts: LATER, battery_pct: 300, signal_dbm: 1.5, status: '' },
    });
    expect(device).toMatchObject({
      created_at: null,
      sdk_int: null,
      installed_apk_version_code: null,
    });
    expect(status).toMatchObject({ battery_pct: null, signal_dbm: null, status: 'ok' });
  });

  test('is monitored as it was: by its own settings or by those of all', () => {
    const defaults = { package: 'of.all', app_name: 'All', threshold_min: 25, enabled: false };
    const monitored = (changes: Partial<SourceDevice>) =>
      (planDevice({ ...SOURCE, ...changes }, defaults) as DevicePlan).device;
    expect(monitored({ monitoring_use_defaults: true })).toMatchObject({
      monitored_package: 'of.all',
      monitored_threshold_min: 25,
      monitor_enabled: false,
    });
    expect(monitored({})).toMatchObject({
      monitored_package: 'org.example',
      monitored_threshold_min: 5,
    });
    for (const monitored_threshold_min of [0, -1, 2.5, 1_441]) {
      expect(plan({ monitored_threshold_min })).toMatchObject({
        device: { monitored_threshold_min: 10 },
        notes: ['threshold_invalid'],
      });
    }
    expect(plan({ monitored_threshold_min: null }).notes).toEqual([]);
  });
});
