import { parseExactJson, stringifyExactJson } from '@nexmdm/contracts';
import { z } from 'zod';
import { storableText } from './storable.ts';

/** What the first NexMDM kept of a device's last heartbeat, as far as it can be read. */
export interface LastStatus {
  /** By the names of the columns, as it was sent. */
  state: Readonly<Record<string, unknown>>;
  /** By the names of the columns, as it was sent. */
  facts: Readonly<Record<string, unknown>>;
  /** The packages it reported, by name. */
  appVersions: AppVersions;
  monitored_package: string | null;
  monitored_threshold_min: number | null;
}

const UNITY_PACKAGES = ['io.unitynodes.unityapp', 'com.unitynetwork.unityapp'];
const UNITY_RECENT_S = 600;

const text = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const int = z.int().nullish().catch(null);

const appVersionsSchema = z.record(
  z.string(),
  z.object({
    installed: z.boolean().catch(false),
    version_name: text,
    version_code: z.union([z.int(), z.bigint()]).nullish().catch(null),
  }),
);

export type AppVersions = z.output<typeof appVersionsSchema>;

/** An empty object stands for one that is missing or none. */
const part = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const object = z.object(shape).partial();
  return object.catch(object.parse({}));
};

/** Each field by itself: one that is broken costs only itself. */
const lastStatusSchema = z.object({
  app_version: text,
  app_versions: appVersionsSchema.nullish().catch(null),
  battery: part({ pct: int, charging: flag, temperature_c: z.number().nullish().catch(null) }),
  network: part({ transport: text, ssid: text, carrier: text, ip: text, signal_dbm: int }),
  memory: part({ total_ram_mb: int, avail_ram_mb: int }),
  system: part({
    uptime_seconds: int,
    android_version: text,
    sdk_int: int,
    patch_level: text,
    build_id: text,
    model: text,
    manufacturer: text,
  }),
  unity: part({ status: text, version: text }),
  agent: part({ version: text }),
  unity_process_running: flag,
  service_up: flag,
  monitored_foreground_recent_s: int,
  monitored_package: text,
  monitored_threshold_min: int,
  power_ok: flag,
  doze_whitelisted: flag,
  net_validated: flag,
  queue_depth: int,
  is_device_owner: flag,
});

type Parsed = z.output<typeof lastStatusSchema>;

/**
 * Reads `devices.last_status`: the last heartbeat as JSON, with what the server made of it.
 *
 * @returns null when there is none, `broken` when it isn't a JSON object
 */
export function parseLastStatus(json: string | null): LastStatus | 'broken' | null {
  const trimmed = json?.trim() ?? '';
  if (trimmed === '' || trimmed === 'null' || trimmed === '{}') return null;
  let value: unknown;
  try {
    value = parseExactJson(trimmed);
  } catch {
    return 'broken';
  }
  const parsed = lastStatusSchema.safeParse(value);
  return parsed.success ? describe(parsed.data) : 'broken';
}

function describe(status: Parsed): LastStatus {
  const { battery, network, memory, system, unity } = status;
  const appVersions = status.app_versions ?? {};
  const age = foregroundAge(status);
  return {
    state: {
      status: 'ok',
      ip: network.ip,
      battery_pct: battery.pct,
      plugged: battery.charging,
      temp_c: battery.temperature_c,
      network_type: network.transport,
      ssid: network.ssid,
      signal_dbm: network.signal_dbm,
      uptime_s: system.uptime_seconds,
      ram_used_mb: usedRam(memory),
      unity_pkg_version: unityVersion(unity.version, appVersions),
      unity_running: unityRunning(status, age),
      agent_version: status.app_version ?? status.agent.version,
      power_ok: status.power_ok,
      doze_whitelisted: status.doze_whitelisted,
      net_validated: status.net_validated,
      queue_depth: status.queue_depth,
      carrier: network.carrier,
      service_up: status.service_up,
      monitored_foreground_recent_s: age,
    },
    facts: {
      app_version: status.app_version ?? status.agent.version,
      model: system.model,
      manufacturer: system.manufacturer,
      android_version: system.android_version,
      sdk_int: system.sdk_int,
      patch_level: system.patch_level,
      build_id: system.build_id,
      is_device_owner: status.is_device_owner,
    },
    appVersions,
    monitored_package: status.monitored_package ?? null,
    monitored_threshold_min: status.monitored_threshold_min ?? null,
  };
}

/** The agent sends -1 for unknown. */
function foregroundAge({ monitored_foreground_recent_s: age }: Parsed): number | null {
  return age === null || age === undefined || age < 0 ? null : age;
}

function usedRam({
  total_ram_mb: total,
  avail_ram_mb: available,
}: Parsed['memory']): number | null {
  if (typeof total !== 'number' || typeof available !== 'number') return null;
  return available >= 0 && available <= total ? total - available : null;
}

function unityVersion(version: string | null | undefined, apps: AppVersions): string | null {
  if (typeof version === 'string' && version !== 'unknown') return version;
  const installed = UNITY_PACKAGES.map((name) => apps[name]).find((app) => app?.installed);
  return installed?.version_name ?? null;
}

function unityRunning(status: Parsed, age: number | null): boolean | null {
  if (typeof status.unity_process_running === 'boolean') return status.unity_process_running;
  if (status.unity.status === 'running') return true;
  if (status.unity.status === 'down') return false;
  return age === null || status.unity.status === 'not_installed' ? null : age < UNITY_RECENT_S;
}

/** The packages as JSON that PostgreSQL can hold, with exact version codes. */
export function appVersionsJson(apps: AppVersions): string {
  const entries = Object.entries(apps).map(([name, { installed, version_name, version_code }]) => [
    storableText(name),
    {
      installed,
      version_name: storableText(version_name),
      version_code: version_code ?? null,
    },
  ]);
  return stringifyExactJson(Object.fromEntries(entries));
}
