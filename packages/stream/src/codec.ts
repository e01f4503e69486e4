import type { DeviceFacts, HeartbeatRecord } from '@nexmdm/contracts';

const DAY_MS = 86_400_000;

/**
 * How heartbeats are written into a stream entry: version 1 is a JSON array with one array of values
 * for each heartbeat, in the order below. Names would be two thirds of the bytes.
 */
export const CODEC_VERSION = '1';

/** Bounds what a reader gets with one entry. */
export const MAX_ENTRY_HEARTBEATS = 500;

const RECORD_FIELDS = {
  device_id: 'device',
  received_at: 'time',
  event_at: 'time',
  device_time: 'time',
  ip: 'string',
  status: 'string',
  battery_pct: 'number',
  plugged: 'boolean',
  temp_c: 'number',
  network_type: 'string',
  ssid: 'string',
  carrier: 'string',
  signal_dbm: 'number',
  uptime_s: 'number',
  ram_used_mb: 'number',
  unity_pkg_version: 'string',
  unity_running: 'boolean',
  agent_version: 'string',
  power_ok: 'boolean',
  doze_whitelisted: 'boolean',
  net_validated: 'boolean',
  queue_depth: 'number',
  service_up: 'boolean',
  monitored_foreground_recent_s: 'number',
  monitored_package: 'string',
  monitored_threshold_min: 'number',
} as const satisfies Record<Exclude<keyof HeartbeatRecord, 'facts'>, FieldKind>;

const FACT_FIELDS = {
  app_version: 'string',
  model: 'string',
  manufacturer: 'string',
  android_version: 'string',
  sdk_int: 'number',
  patch_level: 'string',
  build_id: 'string',
  is_device_owner: 'boolean',
  installed_apk_version_code: 'string',
  installed_apk_version_name: 'string',
  fcm_token: 'string',
  app_versions: 'string',
} as const satisfies Record<keyof DeviceFacts, FieldKind>;

type FieldKind = 'device' | 'time' | 'string' | 'number' | 'boolean';

const recordFields = Object.entries(RECORD_FIELDS) as [keyof typeof RECORD_FIELDS, FieldKind][];
const factFields = Object.entries(FACT_FIELDS) as [keyof typeof FACT_FIELDS, FieldKind][];
const VALUES = recordFields.length + factFields.length;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REQUIRED: ReadonlySet<string> = new Set(['device_id', 'received_at', 'event_at', 'status']);
/** What an ISO-8601 time with a four-digit year can say. */
const EARLIEST_MS = Date.parse('0000-01-01T00:00:00Z') - DAY_MS;
const LATEST_MS = Date.parse('9999-12-31T23:59:59Z') + DAY_MS;
/** A server's clock is never so wrong; a time beyond would make partitions that nobody asked for. */
const RECEIVED_FROM_MS = Date.parse('2020-01-01T00:00:00Z');
const RECEIVED_UNTIL_MS = Date.parse('2100-01-01T00:00:00Z');
/** The largest window that ingest can be set to, and more than devices may be ahead. */
const EVENT_BACK_MS = 366 * DAY_MS;
const EVENT_AHEAD_MS = 3_600_000;

/** An entry whose content is not what any known version writes. */
export class UndecodableEntryError extends Error {
  override readonly name = 'UndecodableEntryError';
}

/** One heartbeat's part of an entry; `joinRecords` makes the entry of several. */
export function encodeRecord(record: HeartbeatRecord): string {
  const values: unknown[] = recordFields.map(([field]) => record[field]);
  for (const [field] of factFields) values.push(record.facts[field]);
  return JSON.stringify(values);
}

export function joinRecords(encoded: readonly string[]): string {
  return `[${encoded.join(',')}]`;
}

/** A part of an entry that can't be read, as an entry of its own, and why. */
export interface Undecodable {
  payload: string;
  version: string;
  error: UndecodableEntryError;
}

/** What an entry holds. One heartbeat that can't be read doesn't cost the others. */
export function readRecords(
  version: string,
  payload: string,
): { records: HeartbeatRecord[]; undecodable: Undecodable[] } {
  const records: HeartbeatRecord[] = [];
  const undecodable: Undecodable[] = [];
  try {
    for (const values of parseEntry(version, payload)) {
      try {
        records.push(decodeRecord(values));
      } catch (error) {
        if (!(error instanceof UndecodableEntryError)) throw error;
        undecodable.push({ payload: JSON.stringify([values]), version, error });
      }
    }
  } catch (error) {
    if (!(error instanceof UndecodableEntryError)) throw error;
    undecodable.push({ payload, version, error });
  }
  return { records, undecodable };
}

/** @throws UndecodableEntryError when any part of it can't be read */
export function decodeRecords(version: string, payload: string): HeartbeatRecord[] {
  return parseEntry(version, payload).map((values) => decodeRecord(values));
}

function parseEntry(version: string, payload: string): unknown[] {
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
  return parsed;
}

function decodeRecord(values: unknown): HeartbeatRecord {
  if (!Array.isArray(values) || values.length !== VALUES) {
    throw new UndecodableEntryError(`a heartbeat doesn't have ${VALUES} values`);
  }
  const fields = decodeFields(recordFields, values, 0);
  const facts = decodeFields(factFields, values, recordFields.length);
  const record = { ...fields, facts } as unknown as HeartbeatRecord;
  const { received_at, event_at } = record;
  if (received_at < RECEIVED_FROM_MS || received_at > RECEIVED_UNTIL_MS) {
    throw new UndecodableEntryError(`a heartbeat was received at ${received_at}`);
  }
  if (event_at < received_at - EVENT_BACK_MS || event_at > received_at + EVENT_AHEAD_MS) {
    throw new UndecodableEntryError(`a heartbeat of ${event_at} was received at ${received_at}`);
  }
  return record;
}

function decodeFields(
  fields: readonly [name: string, kind: FieldKind][],
  values: readonly unknown[],
  offset: number,
): Record<string, unknown> {
  const decoded: Record<string, unknown> = {};
  fields.forEach(([name, kind], index) => {
    const value = values[offset + index];
    const fits = value === null ? !REQUIRED.has(name) : isOfKind(value, kind);
    if (!fits) throw new UndecodableEntryError(`the ${name} of a heartbeat is not a ${kind}`);
    decoded[name] = value;
  });
  return decoded;
}

function isOfKind(value: unknown, kind: FieldKind): boolean {
  switch (kind) {
    case 'device':
      return typeof value === 'string' && UUID.test(value);
    case 'time':
      return Number.isInteger(value) && Number(value) >= EARLIEST_MS && Number(value) <= LATEST_MS;
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === kind;
  }
}
