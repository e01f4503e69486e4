import type { ServiceUrls } from './local-parts.ts';

export interface BannerFacts {
  readonly urls: ServiceUrls;
  readonly adminKey: string;
  readonly dataDir: string;
  readonly simulatedDevices: number;
}

/** The smallest heartbeat that the agent's contract allows. */
const sampleHeartbeat = (): string =>
  JSON.stringify({
    alias: 'kiosk-1',
    timestamp_utc: 'NOW',
    app_versions: {},
    speedtest_running_signals: { has_service_notification: false },
    battery: { pct: 80, charging: true, temperature_c: 30 },
    system: {
      uptime_seconds: 60,
      android_version: '14',
      sdk_int: 34,
      patch_level: '2025-01-01',
      build_id: 'UP1A',
      model: 'Pixel 7',
      manufacturer: 'Google',
    },
    memory: { total_ram_mb: 8000, avail_ram_mb: 4000, pressure_pct: 50 },
    network: { transport: 'wifi' },
    // The shell puts the time in: the single quotes end, and begin again after it.
  }).replace('NOW', `'"$(date -u +%FT%TZ)"'`);

export function formatBanner({ urls, adminKey, dataDir, simulatedDevices }: BannerFacts): string {
  const rule = '─'.repeat(78);
  return `
${rule}
  NexMDM is running

  Ingest API       ${urls.ingest}
  Query API        ${urls.query}
  API description  ${urls.query}/docs
  Writer health    ${urls.writer}/readyz
  Admin key        ${adminKey}
  Data             ${dataDir}
  Simulated fleet  ${simulatedDevices === 0 ? 'none' : `${simulatedDevices} devices`}

  Register a device:
    curl -sX POST ${urls.ingest}/v1/register -H "x-admin: ${adminKey}" \\
      -H "content-type: application/json" -d '{"alias": "kiosk-'$(date +%s)'"}'

  Send a heartbeat, with the device_token of the answer in TOKEN:
    curl -sX POST ${urls.ingest}/v1/heartbeat -H "authorization: Bearer $TOKEN" \\
      -H "content-type: application/json" -d '${sampleHeartbeat()}'

  List the devices:
    curl -s "${urls.query}/v1/devices?limit=5" -H "x-admin: ${adminKey}"

  Check that all is well:   npx --yes pnpm nexmdm doctor
  Stop:                     Ctrl-C
${rule}
`;
}
