import {
  parseIsoTime,
  stringifyExactJson,
  type Heartbeat,
  type HeartbeatRecord,
} from '@nexmdm/contracts';
import type { AuthenticatedDevice } from '../auth/device-auth.ts';

export const UNITY_PACKAGE = 'io.unitynodes.unityapp';
const SPEEDTEST_PACKAGE = 'org.zwanoo.android.speedtest';

const UNITY_RECENT_S = 600;
const MAX_AHEAD_MS = 5 * 60_000;

/** When a heartbeat came in and what its own clock is worth. */
export interface Arrival {
  /** Milliseconds since the epoch, by this server. */
  receivedAt: number;
  /** What to add to the device's times; 0 when its clock error isn't known. */
  clockCorrectionMs: number;
  /** How old the heartbeat may be. */
  windowBackMs: number;
}

export type ClockFallback = 'unreadable' | 'too_old' | 'too_new';

export interface Normalized {
  record: HeartbeatRecord;
  /** Why the time of arrival stands for the device's own, or undefined when it doesn't. */
  clockFallback: ClockFallback | undefined;
}

/** Turns what an agent sent into what is stored. */
export function normalizeHeartbeat(
  heartbeat: Heartbeat,
  device: AuthenticatedDevice,
  arrival: Arrival,
): Normalized {
  const { battery, memory, network, system } = heartbeat;
  const deviceTime = parseIsoTime(heartbeat.timestamp_utc);
  const [eventAt, clockFallback] = eventTime(deviceTime, arrival);
  const unity = heartbeat.app_versions[UNITY_PACKAGE];
  const record: HeartbeatRecord = {
    device_id: device.id,
    received_at: arrival.receivedAt,
    event_at: eventAt,
    device_time: deviceTime,
    ip: text(network.ip),
    status: 'ok',
    battery_pct: battery.pct >= 0 && battery.pct <= 100 ? battery.pct : null,
    plugged: battery.charging,
    temp_c: battery.temperature_c,
    network_type: text(network.transport),
    ssid: text(network.ssid),
    carrier: text(network.carrier),
    signal_dbm: network.signal_dbm ?? null,
    uptime_s: system.uptime_seconds,
    ram_used_mb: usedRam(memory),
    unity_pkg_version: unity?.installed ? text(unity.version_name) : null,
    unity_running: unityRunning(heartbeat, device),
    agent_version: text(heartbeat.app_version),
    power_ok: heartbeat.power_ok ?? null,
    doze_whitelisted: heartbeat.doze_whitelisted ?? null,
    net_validated: heartbeat.net_validated ?? null,
    queue_depth: heartbeat.queue_depth ?? null,
    service_up: serviceUp(heartbeat, device),
    monitored_foreground_recent_s: foregroundAge(heartbeat, device),
    monitored_package: device.monitoredPackage,
    monitored_threshold_min: device.monitoredThresholdMin,
    facts: facts(heartbeat, device),
  };
  return { record, clockFallback };
}

/** Null when the figures make no sense together. */
function usedRam({ total_ram_mb, avail_ram_mb }: Heartbeat['memory']): number | null {
  return avail_ram_mb >= 0 && avail_ram_mb <= total_ram_mb ? total_ram_mb - avail_ram_mb : null;
}

function eventTime(
  deviceTime: number | null,
  { receivedAt, clockCorrectionMs, windowBackMs }: Arrival,
): [number, ClockFallback | undefined] {
  if (deviceTime === null) return [receivedAt, 'unreadable'];
  const corrected = deviceTime + clockCorrectionMs;
  if (corrected < receivedAt - windowBackMs) return [receivedAt, 'too_old'];
  if (corrected > receivedAt + MAX_AHEAD_MS) return [receivedAt, 'too_new'];
  return [corrected, undefined];
}

/** Seconds since the monitored app was last in the foreground; null when the agent can't tell. */
function foregroundAge(heartbeat: Heartbeat, device: AuthenticatedDevice): number | null {
  const age =
    heartbeat.monitored_foreground_recent_s ??
    // Agents from before that field report the foreground of the speed test alone.
    (device.monitoredPackage === SPEEDTEST_PACKAGE
      ? heartbeat.speedtest_running_signals.foreground_recent_seconds
      : undefined);
  return age === undefined || age === null || age < 0 ? null : age;
}

function unityRunning(heartbeat: Heartbeat, device: AuthenticatedDevice): boolean | null {
  if (typeof heartbeat.unity_process_running === 'boolean') return heartbeat.unity_process_running;
  if (device.monitoredPackage !== UNITY_PACKAGE) return null;
  const age = foregroundAge(heartbeat, device);
  return age === null ? null : age < UNITY_RECENT_S;
}

function serviceUp(heartbeat: Heartbeat, device: AuthenticatedDevice): boolean | null {
  const { monitoredPackage, monitoredThresholdMin } = device;
  if (monitoredPackage === null) return null;
  if (heartbeat.app_versions[monitoredPackage]?.installed !== true) return null;
  const age = foregroundAge(heartbeat, device);
  if (age !== null) return age <= monitoredThresholdMin * 60;
  // The agent watches the process of the Unity app only.
  return monitoredPackage === UNITY_PACKAGE ? (heartbeat.unity_process_running ?? null) : null;
}

function facts(heartbeat: Heartbeat, device: AuthenticatedDevice): HeartbeatRecord['facts'] {
  const { system } = heartbeat;
  const monitored = heartbeat.app_versions[device.monitoredPackage ?? UNITY_PACKAGE];
  return {
    app_version: text(heartbeat.app_version),
    model: text(system.model),
    manufacturer: text(system.manufacturer),
    android_version: text(system.android_version),
    sdk_int: system.sdk_int,
    patch_level: text(system.patch_level),
    build_id: text(system.build_id),
    is_device_owner: heartbeat.is_device_owner ?? null,
    installed_apk_version_code: monitored?.version_code?.toString() ?? null,
    installed_apk_version_name: text(monitored?.version_name),
    fcm_token: text(heartbeat.fcm_token),
    app_versions: appVersionsJson(heartbeat.app_versions),
  };
}

/** Every package the agent reported, with exact version codes. */
function appVersionsJson(appVersions: Heartbeat['app_versions']): string {
  const entries = Object.entries(appVersions).map(([name, { installed, ...version }]) => [
    text(name),
    {
      installed,
      version_name: text(version.version_name),
      version_code: version.version_code ?? null,
    },
  ]);
  return stringifyExactJson(Object.fromEntries(entries));
}

/**
 * PostgreSQL's text can hold neither U+0000 nor half a surrogate pair, and the name of a hidden
 * Wi-Fi network may be made of them; the replacement character stands for each.
 */
function text(value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const wellFormed = value.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed;
}
