import type { HeartbeatRecord } from '@nexmdm/contracts';

/** A heartbeat for tests. */
export function sampleRecord(changes: Partial<HeartbeatRecord> = {}): HeartbeatRecord {
  return {
    device_id: sampleDevice(1),
    received_at: 1_795_426_867_512,
    event_at: 1_795_426_867_000,
    device_time: 1_795_426_867_000,
    ip: '10.20.4.117',
    status: 'ok',
    battery_pct: 87,
    plugged: true,
    temp_c: 31.4,
    network_type: 'wifi',
    ssid: 'store-0417',
    carrier: null,
    signal_dbm: -61,
    uptime_s: 190_233,
    ram_used_mb: 2361,
    unity_pkg_version: '2.4.1',
    unity_running: true,
    agent_version: '1.0.109',
    power_ok: true,
    doze_whitelisted: false,
    net_validated: true,
    queue_depth: 0,
    service_up: true,
    monitored_foreground_recent_s: 12,
    monitored_package: 'io.unitynodes.unityapp',
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
      installed_apk_version_code: '9223372036854775807',
      installed_apk_version_name: '2.4.1',
      fcm_token: null,
      app_versions: '{"io.unitynodes.unityapp":{"installed":true}}',
    },
    ...changes,
  };
}

export function sampleDevice(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
