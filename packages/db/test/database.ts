import type { DeviceFacts, HeartbeatRecord } from '@nexmdm/contracts';
import { openDatabase, type DatabaseHandle, type DatabaseOptions } from '../src/pool.ts';

/** A handle for tests. */
export function openTestDatabase(
  url: string,
  options: Partial<DatabaseOptions> = {},
): DatabaseHandle {
  return openDatabase({
    url,
    poolMax: 4,
    applicationName: 'test',
    statementTimeoutMs: 10_000,
    connectTimeoutMs: 5_000,
    onConnectionError: () => {},
    ...options,
  });
}

export function sampleDevice(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export const NO_FACTS: DeviceFacts = {
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
};

/** A heartbeat taken at a moment, with nothing in it. */
export function sampleRecord(at: number, changes: Partial<HeartbeatRecord> = {}): HeartbeatRecord {
  return {
    device_id: sampleDevice(1),
    received_at: at,
    event_at: at,
    device_time: at,
    ip: null,
    status: 'ok',
    battery_pct: null,
    plugged: null,
    temp_c: null,
    network_type: null,
    ssid: null,
    carrier: null,
    signal_dbm: null,
    uptime_s: null,
    ram_used_mb: null,
    unity_pkg_version: null,
    unity_running: null,
    agent_version: null,
    power_ok: null,
    doze_whitelisted: null,
    net_validated: null,
    queue_depth: null,
    service_up: null,
    monitored_foreground_recent_s: null,
    monitored_package: null,
    monitored_threshold_min: null,
    facts: NO_FACTS,
    ...changes,
  };
}
