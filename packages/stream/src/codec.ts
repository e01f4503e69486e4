import type { HeartbeatRecord } from '@nexmdm/contracts';

/**
 * How heartbeats are written into a stream entry: version 1 is a JSON array with one array of values
 * for each heartbeat, in the order below. Names would be two thirds of the bytes.
 */
export const CODEC_VERSION = '1';

const RECORD_FIELDS = [
  'device_id',
  'received_at',
  'event_at',
  'device_time',
  'ip',
  'status',
  'battery_pct',
  'plugged',
  'temp_c',
  'network_type',
  'ssid',
  'carrier',
  'signal_dbm',
  'uptime_s',
  'ram_used_mb',
  'unity_pkg_version',
  'unity_running',
  'agent_version',
  'power_ok',
  'doze_whitelisted',
  'net_validated',
  'queue_depth',
  'service_up',
  'monitored_foreground_recent_s',
  'monitored_package',
  'monitored_threshold_min',
] as const satisfies readonly (keyof HeartbeatRecord)[];

const FACT_FIELDS = [
  'app_version',
  'model',
  'manufacturer',
  'android_version',
  'sdk_int',
  'patch_level',
  'build_id',
  'is_device_owner',
  'installed_apk_version_code',
  'installed_apk_version_name',
  'fcm_token',
  'app_versions',
] as const satisfies readonly (keyof HeartbeatRecord['facts'])[];

const VALUES = RECORD_FIELDS.length + FACT_FIELDS.length;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An entry whose content is not what any known version writes. */
export class UndecodableEntryError extends Error {
  override readonly name = 'UndecodableEntryError';
}

/** One heartbeat's part of an entry; `joinRecords` makes the entry of several. */
export function encodeRecord(record: HeartbeatRecord): string {
  const values: unknown[] = RECORD_FIELDS.map((field) => record[field]);
  for (const field of FACT_FIELDS) values.push(record.facts[field]);
  return JSON.stringify(values);
}

export function joinRecords(encoded: readonly string[]): string {
  return `[${encoded.join(',')}]`;
}

/** @throws UndecodableEntryError */
export function decodeRecords(version: string, payload: string): HeartbeatRecord[] {
  if (version !== CODEC_VERSION) {
    throw new UndecodableEntryError(`unknown entry version "${version}"`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch (error) {
    throw new UndecodableEntryError('the entry is not JSON', { cause: error });
  }
  if (!Array.isArray(parsed) || parsed.length === 0) {
    throw new UndecodableEntryError('the entry is not a list of heartbeats');
  }
  return parsed.map((values: unknown) => decodeRecord(values));
}

function decodeRecord(values: unknown): HeartbeatRecord {
  if (!Array.isArray(values) || values.length !== VALUES) {
    throw new UndecodableEntryError(`a heartbeat doesn't have ${VALUES} values`);
  }
  const record: Record<string, unknown> = {};
  const facts: Record<string, unknown> = {};
  RECORD_FIELDS.forEach((field, index) => {
    record[field] = values[index] as unknown;
  });
  FACT_FIELDS.forEach((field, index) => {
    facts[field] = values[RECORD_FIELDS.length + index] as unknown;
  });
  const identified =
    typeof record['device_id'] === 'string' &&
    UUID.test(record['device_id']) &&
    Number.isSafeInteger(record['received_at']) &&
    Number.isSafeInteger(record['event_at']);
  if (!identified) throw new UndecodableEntryError('a heartbeat has no device or no time');
  return { ...record, facts } as unknown as HeartbeatRecord;
}
