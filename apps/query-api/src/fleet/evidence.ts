import type { Evidence, LikelyCause } from '@nexmdm/contracts';
import { LOW_BATTERY_PCT, type DeviceRow } from '@nexmdm/db';

/** What the last heartbeat says about why. */
export function evidenceOf(device: DeviceRow): Evidence {
  return {
    battery_pct: device.battery_pct,
    plugged: device.plugged,
    power_ok: device.power_ok,
    network_type: device.network_type,
    ssid: device.ssid,
    carrier: device.carrier,
    net_validated: device.net_validated,
    doze_whitelisted: device.doze_whitelisted,
    queue_depth: device.queue_depth,
    unity_running: device.unity_running,
    service_up: device.service_up,
    app_version: device.agent_version,
    model: device.model,
  };
}

type Sign = readonly [LikelyCause, (evidence: Evidence) => boolean];

/** The surer a sign is, the earlier it comes. */
const SIGNS: readonly Sign[] = [
  [
    'battery_low',
    ({ battery_pct: battery, plugged }) =>
      battery !== null && battery < LOW_BATTERY_PCT && plugged !== true,
  ],
  ['no_power', (evidence) => evidence.power_ok === false],
  ['no_network', (evidence) => evidence.network_type === 'none'],
  ['network_not_validated', (evidence) => evidence.net_validated === false],
  ['doze', (evidence) => evidence.doze_whitelisted === false],
  ['heartbeats_waiting', (evidence) => (evidence.queue_depth ?? 0) > 0],
];

export function likelyCauses(evidence: Evidence): LikelyCause[] {
  return SIGNS.filter(([, applies]) => applies(evidence)).map(([cause]) => cause);
}
