import { describe, expect, test } from '@jest/globals';
import { heartbeatSchema } from '@nexmdm/contracts';
import { agentPayload, agentPayloadNames, type AgentPayload } from '@nexmdm/testing';
import fc from 'fast-check';
import type { AuthenticatedDevice } from '../auth/device-auth.ts';
import { normalizeHeartbeat, UNITY_PACKAGE, type Arrival } from './normalize.ts';

const DEVICE: AuthenticatedDevice = {
  id: '6f1c2f0e-5d0b-4c55-9f0e-3a3f1e1f9a10',
  monitoredPackage: UNITY_PACKAGE,
  monitoredThresholdMin: 10,
};
const RECEIVED_AT = Date.parse('2026-11-23T10:00:00Z');
const ARRIVAL: Arrival = {
  receivedAt: RECEIVED_AT,
  clockCorrectionMs: 0,
  windowBackMs: 24 * 3_600_000,
};
const INSTALLED = { [UNITY_PACKAGE]: { installed: true } };

function normalize(
  payload: AgentPayload,
  device: Partial<AuthenticatedDevice> = {},
  arrival: Partial<Arrival> = {},
) {
  return normalizeHeartbeat(
    heartbeatSchema.parse(payload),
    { ...DEVICE, ...device },
    { ...ARRIVAL, ...arrival },
  );
}

describe('normalizeHeartbeat', () => {
  test('maps every field of the Wi-Fi payload', () => {
    const { record, clockFallback } = normalize(agentPayload('heartbeat-wifi'));
    expect(clockFallback).toBeUndefined();
    expect(record).toEqual({
      device_id: DEVICE.id,
      received_at: RECEIVED_AT,
      event_at: Date.parse('2026-11-23T09:41:07.512Z'),
      device_time: Date.parse('2026-11-23T09:41:07.512Z'),
      ip: '10.20.4.117',
      status: 'ok',
      battery_pct: 87,
      plugged: true,
      temp_c: 31.4,
      network_type: 'wifi',
      ssid: 'store-0417',
      carrier: null,
      signal_dbm: null,
      uptime_s: 190_233,
      ram_used_mb: 2361,
      unity_pkg_version: '2.4.1',
      unity_running: true,
      agent_version: '1.0.109',
      power_ok: true,
      doze_whitelisted: true,
      net_validated: true,
      queue_depth: 0,
      service_up: true,
      monitored_foreground_recent_s: 12,
      monitored_package: UNITY_PACKAGE,
      monitored_threshold_min: 10,
      facts: {
        app_version: '1.0.109',
        model: 'R4S1',
        manufacturer: 'Rongta',
        android_version: '13',
        sdk_int: 33,
        patch_level: '2024-03-05',
        build_id: 'TP1A.220624.014',
        is_device_owner: true,
        installed_apk_version_code: '20401',
        installed_apk_version_name: '2.4.1',
        fcm_token: 'dG9rZW4tZm9yLXRlc3Rz',
        app_versions:
          '{"io.unitynodes.unityapp":{"installed":true,"version_name":"2.4.1","version_code":20401},' +
          '"org.zwanoo.android.speedtest":{"installed":true,"version_name":"5.5.4","version_code":214748364900}}',
      },
    });
  });

  test('keeps what an agent doesn’t know as null', () => {
    const { record } = normalize(agentPayload('heartbeat-cell-low-battery'));
    expect(record).toMatchObject({
      battery_pct: 9,
      plugged: false,
      temp_c: -2.5,
      network_type: 'cell',
      ssid: null,
      carrier: 'O2 - de',
      ip: null,
      uptime_s: 12,
      ram_used_mb: 5228,
      unity_pkg_version: null,
      unity_running: null,
      service_up: null,
      monitored_foreground_recent_s: null,
      queue_depth: 37,
    });
  });

  test('takes an older agent’s heartbeat', () => {
    const { record } = normalize(agentPayload('heartbeat-minimal-older-agent'));
    expect(record).toMatchObject({
      agent_version: null,
      network_type: 'none',
      unity_running: null,
    });
  });

  test.each([
    ['the process runs', { unity_process_running: true }, {}, true],
    [
      'the process doesn’t run',
      { unity_process_running: false, monitored_foreground_recent_s: 1 },
      {},
      false,
    ],
    ['it was in the foreground 599 s ago', { monitored_foreground_recent_s: 599 }, {}, true],
    ['it was in the foreground 600 s ago', { monitored_foreground_recent_s: 600 }, {}, false],
    ['the foreground is unavailable', { monitored_foreground_recent_s: -1 }, {}, null],
    [
      'the foreground is another app’s',
      { monitored_foreground_recent_s: 5 },
      { monitoredPackage: 'x' },
      null,
    ],
    ['nothing is known', {}, {}, null],
  ])('unity_running when %s', (_case, changes, device, expected) => {
    const payload = agentPayload('heartbeat-minimal-older-agent', changes);
    expect(normalize(payload, device).record.unity_running).toBe(expected);
  });

  test.each([
    [
      'monitoring is off',
      INSTALLED,
      { monitored_foreground_recent_s: 1 },
      { monitoredPackage: null },
      null,
    ],
    ['the app isn’t installed', {}, { monitored_foreground_recent_s: 1 }, {}, null],
    [
      'the app was removed',
      { [UNITY_PACKAGE]: { installed: false } },
      { monitored_foreground_recent_s: 1 },
      {},
      null,
    ],
    [
      'the foreground is as old as the threshold',
      INSTALLED,
      { monitored_foreground_recent_s: 600 },
      {},
      true,
    ],
    [
      'the foreground is older than the threshold',
      INSTALLED,
      { monitored_foreground_recent_s: 601 },
      {},
      false,
    ],
    ['only the process is known to run', INSTALLED, { unity_process_running: true }, {}, true],
    [
      'only the process is known not to run',
      INSTALLED,
      { unity_process_running: false },
      {},
      false,
    ],
    ['neither is known', INSTALLED, {}, {}, null],
    [
      'the speed test is monitored by an older agent',
      { 'org.zwanoo.android.speedtest': { installed: true } },
      {
        speedtest_running_signals: {
          has_service_notification: true,
          foreground_recent_seconds: 44,
        },
      },
      { monitoredPackage: 'org.zwanoo.android.speedtest' },
      true,
    ],
  ])('service_up when %s', (_case, app_versions, changes, device, expected) => {
    const payload = agentPayload('heartbeat-minimal-older-agent', { app_versions, ...changes });
    expect(normalize(payload, device).record.service_up).toBe(expected);
  });

  test.each([
    ['2026-11-22T10:00:00Z', undefined],
    ['2026-11-22T09:59:59Z', 'too_old'],
    ['2026-11-23T10:05:00Z', undefined],
    ['2026-11-23T10:05:01Z', 'too_new'],
    ['yesterday', 'unreadable'],
  ])('a device clock of %s at 2026-11-23T10:00:00Z falls back for: %s', (time, fallback) => {
    const payload = agentPayload('heartbeat-wifi', { timestamp_utc: time });
    const { record, clockFallback } = normalize(payload);
    expect(clockFallback).toBe(fallback);
    expect(record.event_at).toBe(fallback ? RECEIVED_AT : Date.parse(time));
    expect(record.device_time).toBe(fallback === 'unreadable' ? null : Date.parse(time));
    expect(record.received_at).toBe(RECEIVED_AT);
  });

  test('corrects a replayed heartbeat by the device’s clock error', () => {
    const payload = agentPayload('heartbeat-wifi', { timestamp_utc: '2026-11-20T01:00:00Z' });
    const { record } = normalize(payload, {}, { clockCorrectionMs: 7_200_000, windowBackMs: 1e9 });
    expect(record.event_at).toBe(Date.parse('2026-11-20T03:00:00Z'));
    expect(record.device_time).toBe(Date.parse('2026-11-20T01:00:00Z'));
  });

  test('a nonsensical battery gauge costs the figure, not the heartbeat', () => {
    for (const pct of [-1, 101, 255]) {
      const payload = agentPayload('heartbeat-wifi', {
        battery: { pct, charging: true, temperature_c: 20 },
      });
      expect(normalize(payload).record.battery_pct).toBeNull();
    }
  });

  test('memory figures that make no sense together give none', () => {
    for (const [total_ram_mb, avail_ram_mb] of [
      [2_147_483_647, -2_147_483_648],
      [100, 101],
    ]) {
      const payload = agentPayload('heartbeat-wifi', {
        memory: { total_ram_mb, avail_ram_mb, pressure_pct: 1 },
      });
      expect(normalize(payload).record.ram_used_mb).toBeNull();
    }
  });

  test('keeps 64-bit version codes of the monitored package exact', () => {
    const payload = agentPayload('heartbeat-wifi', {
      app_versions: { [UNITY_PACKAGE]: { installed: true, version_code: 2n ** 63n - 1n } },
    });
    expect(normalize(payload).record.facts.installed_apk_version_code).toBe('9223372036854775807');
  });

  test('whatever the texts hold, nothing is left that PostgreSQL can’t store', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => `${text}\0\ud800`);
    fc.assert(
      fc.property(anyText, fc.constantFrom(...agentPayloadNames), (text, name) => {
        const payload = agentPayload(name, {
          app_version: text,
          network: { transport: text, ssid: text, carrier: text, ip: text },
          app_versions: { [text]: { installed: true, version_name: text } },
        });
        const stored = JSON.stringify(normalize(payload).record);
        expect(stored).not.toMatch(/\\u0000|\\ud[89ab]/i);
      }),
    );
  });
});
