import type { DeviceState } from './device-model.ts';
import type { DeviceProfile } from './device-profile.ts';

export interface HeartbeatFacts {
  deviceId: string;
  alias: string;
  profile: DeviceProfile;
  state: DeviceState;
  /** By the device's clock, in milliseconds since the epoch. */
  takenAt: number;
  online: boolean;
  queueDepth: number;
}

const UNITY_PACKAGE = 'io.unitynodes.unityapp';
const SPEEDTEST_PACKAGE = 'org.zwanoo.android.speedtest';

/** The JSON text of a heartbeat as today's agents send it. */
export function heartbeatBody(facts: HeartbeatFacts): string {
  const { profile } = facts;
  return JSON.stringify(profile.olderAgent ? olderBody(facts) : currentBody(facts));
}

function currentBody(facts: HeartbeatFacts): Record<string, unknown> {
  const { deviceId, alias, profile, state, takenAt, online } = facts;
  return {
    device_id: deviceId,
    alias,
    app_version: profile.agentVersion,
    timestamp_utc: new Date(takenAt).toISOString(),
    app_versions: {
      [UNITY_PACKAGE]: {
        installed: true,
        version_name: profile.unityVersionName,
        version_code: profile.unityVersionCode,
      },
      ...(profile.hasSpeedtest
        ? {
            [SPEEDTEST_PACKAGE]: {
              installed: true,
              version_name: '5.5.4',
              // More than 32 bits.
              version_code: 214_748_364_900,
            },
          }
        : {}),
    },
    speedtest_running_signals: { has_service_notification: false, foreground_recent_seconds: -1 },
    ...sensors(facts),
    network: network(facts),
    fcm_token: `simulated-${deviceId}`,
    is_ping_response: false,
    ping_request_id: null,
    self_heal_hints: state.unityRunning ? null : [],
    is_device_owner: profile.isDeviceOwner,
    power_ok: state.charging || state.batteryPct >= 15,
    doze_whitelisted: profile.dozeWhitelisted,
    net_validated: online,
    queue_depth: facts.queueDepth,
    monitored_foreground_recent_s: state.foregroundAgeSeconds,
    unity_process_running: state.unityRunning,
  };
}

/** Without a single optional field, and with the other way to write UTC. */
function olderBody(facts: HeartbeatFacts): Record<string, unknown> {
  const { transport } = network(facts);
  return {
    alias: facts.alias,
    timestamp_utc: `${new Date(facts.takenAt).toISOString().slice(0, 19)}+00:00`,
    app_versions: {},
    speedtest_running_signals: { has_service_notification: false },
    ...sensors(facts),
    network: { transport },
  };
}

function sensors({ profile, state }: HeartbeatFacts): Record<string, unknown> {
  return {
    battery: {
      pct: Math.round(state.batteryPct),
      charging: state.charging,
      temperature_c: Math.round(state.temperatureC * 10) / 10,
    },
    system: {
      uptime_seconds: state.uptimeSeconds,
      android_version: profile.androidVersion,
      sdk_int: profile.sdkInt,
      patch_level: profile.patchLevel,
      build_id: profile.buildId,
      model: profile.model,
      manufacturer: profile.manufacturer,
    },
    memory: {
      total_ram_mb: profile.totalRamMb,
      avail_ram_mb: state.availableRamMb,
      pressure_pct: Math.round(100 * (1 - state.availableRamMb / profile.totalRamMb)),
    },
  };
}

function network({ profile, state, online }: HeartbeatFacts) {
  if (!online) return { transport: 'none', ssid: null, carrier: null, ip: null };
  return state.transport === 'wifi'
    ? { transport: 'wifi', ssid: profile.ssid, carrier: null, ip: profile.wifiIp }
    : { transport: 'cell', ssid: null, carrier: profile.carrier, ip: null };
}
