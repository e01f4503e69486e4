import { createRandom } from './random.ts';

/** What stays the same with a device. */
export interface DeviceProfile {
  agentVersion: string;
  /** Agents from before the optional fields send none of them. */
  olderAgent: boolean;
  /** What an operator added to the alias, in their own script; often nothing. */
  place: string | undefined;
  androidVersion: string;
  sdkInt: number;
  patchLevel: string;
  buildId: string;
  model: string;
  manufacturer: string;
  totalRamMb: number;
  isDeviceOwner: boolean;
  dozeWhitelisted: boolean;
  ssid: string;
  carrier: string;
  wifiIp: string;
  unityVersionName: string;
  unityVersionCode: number;
  hasSpeedtest: boolean;
  /** Kiosks stand in their dock; phones are charged when they run low. */
  alwaysPlugged: boolean;
  drainPercentPerHour: number;
}

type Hardware = Pick<
  DeviceProfile,
  'model' | 'manufacturer' | 'androidVersion' | 'sdkInt' | 'buildId' | 'totalRamMb'
>;

const HARDWARE: readonly [Hardware, ...Hardware[]] = [
  hardware('Rongta', 'R4S1', '13', 33, 'TP1A.220624.014', 3_821),
  hardware('Google', 'Pixel 6a', '14', 34, 'UP1A.231005.007', 5_630),
  hardware('samsung', 'SM-T575', '13', 33, 'TP1A.220624.014.T575XXU5', 3_714),
  hardware('samsung', 'SM-G525F', '14', 34, 'UP1A.231005.007.G525FXXU6', 3_602),
  hardware('Zebra Technologies', 'TC26', '11', 30, '11-21-13.00-RG-U00-STD', 2_871),
];

const PLACES: readonly [string | undefined, ...(string | undefined)[]] = [
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  'Überlingen – Nord',
  'São João',
  '店舗',
  'Склад',
];

/** One agent in ten is an older one. */
const OLDER_AGENT_SHARE = 0.1;

/** The device with this place in the fleet: always the same one, so that a later run goes on with it. */
export function createDeviceProfile(index: number): DeviceProfile {
  const random = createRandom('profile', index);
  const store = String(Math.floor(random.between(1, 1_000))).padStart(4, '0');
  const olderAgent = random.chance(OLDER_AGENT_SHARE);
  return {
    ...random.pick(HARDWARE),
    olderAgent,
    agentVersion: random.pick(['1.0.96', '1.0.104', '1.0.109', '1.0.109']),
    place: random.pick(PLACES),
    patchLevel: random.pick(['2024-03-05', '2024-08-05', '2025-02-01', '']),
    isDeviceOwner: random.chance(0.9),
    dozeWhitelisted: random.chance(0.9),
    ssid: `store-${store}`,
    carrier: random.pick(['O2 - de', 'Telekom.de', 'Vodafone', 'T-Mobile']),
    wifiIp: `10.20.${Math.floor(index / 250) % 256}.${(index % 250) + 2}`,
    ...random.pick([
      { unityVersionName: '2.4.1', unityVersionCode: 20_401 },
      { unityVersionName: '2.4.0', unityVersionCode: 20_400 },
    ]),
    hasSpeedtest: random.chance(0.5),
    alwaysPlugged: random.chance(0.5),
    drainPercentPerHour: random.between(3, 12),
  };
}

function hardware(
  manufacturer: string,
  model: string,
  androidVersion: string,
  sdkInt: number,
  buildId: string,
  totalRamMb: number,
): Hardware {
  return { manufacturer, model, androidVersion, sdkInt, buildId, totalRamMb };
}
