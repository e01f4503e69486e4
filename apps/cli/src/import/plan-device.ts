import { deviceChangeSchema, registerRequestSchema } from '@nexmdm/contracts';
import type {
  ImportedDevice,
  ImportedStatus,
  MonitoringDefaults,
  SourceDevice,
  SourceState,
} from '@nexmdm/db';
import type { NoteReason, SkipReason } from './findings.ts';
import { appVersionsJson, parseLastStatus, type LastStatus } from './last-status.ts';
import { storableInt, storableState, storableText } from './storable.ts';

/** A device as it is to be imported. */
export interface DevicePlan {
  device: ImportedDevice;
  /** Null when it never reported. */
  status: ImportedStatus | null;
  notes: NoteReason[];
}

/** Marks facts that the next heartbeat overwrites, whatever it says. */
const FACTS_HASH = 'imported';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TOKEN_ID = /^[0-9a-f]{64}$/;
const INT64 = /^-?\d{1,19}$/;
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** At least one letter, digit, mark or sign. */
const VISIBLE = /[^\p{C}\p{Z}]/u;
const DATE = /^\d{4}-/;
const DEFAULT_THRESHOLD_MIN = 10;
/** Both times of a registration are read from the clock within this. */
const REGISTRATION_S = 5;

const aliasSchema = registerRequestSchema.shape.alias;
const thresholdSchema = deviceChangeSchema.shape.monitored_threshold_min.unwrap();

/** Says how a device of the first NexMDM is imported, or why it isn't. */
export function planDevice(
  source: SourceDevice,
  defaults: MonitoringDefaults | undefined,
): DevicePlan | SkipReason {
  const id = source.id?.toLowerCase() ?? '';
  if (!UUID.test(id)) return 'id_invalid';
  const alias = readAlias(source.alias ?? '');
  if (typeof alias !== 'string') return alias.problem;
  const parsed = parseLastStatus(source.last_status);
  const last = parsed === 'broken' ? null : parsed;
  const notes: NoteReason[] = parsed === 'broken' ? ['last_status_broken'] : [];
  if (source.time_in_future) notes.push('time_in_future');
  const token_id = readToken(source, notes);
  const monitoring = readMonitoring(source, defaults, notes);
  const status = readStatus(id, { ...source, ...monitoring }, last, parsed === 'broken');
  const device: ImportedDevice = {
    id,
    alias,
    hardware_id: storableText(source.hardware_id),
    token_id,
    token_revoked_at: time(source.token_revoked_at),
    created_at: time(source.created_at),
    ...readFacts(source, last, monitoring.monitored_package),
    facts_hash: status === null ? null : FACTS_HASH,
    ...monitoring,
  };
  return { device, status, notes };
}

function readAlias(text: string): string | { problem: SkipReason } {
  const alias = aliasSchema.safeParse(text);
  if (text.trim() === '') return { problem: 'alias_empty' };
  if (text.trim().length > 200) return { problem: 'alias_too_long' };
  if (!alias.success || UNPRINTABLE.test(alias.data) || !VISIBLE.test(alias.data)) {
    return { problem: 'alias_unprintable' };
  }
  return alias.data;
}

function readToken(
  { token_id, token_revoked_at }: SourceDevice,
  notes: NoteReason[],
): string | null {
  const tokenId = token_id?.trim().toLowerCase() ?? '';
  if (TOKEN_ID.test(tokenId)) return tokenId;
  // Nobody waits for a token that is revoked.
  if (token_revoked_at === null) notes.push(tokenId === '' ? 'token_missing' : 'token_malformed');
  return null;
}

type Monitoring = Pick<
  ImportedDevice,
  'monitored_package' | 'monitored_app_name' | 'monitored_threshold_min' | 'monitor_enabled'
>;

/** What the device is monitored for, be it its own settings or those of all. */
function readMonitoring(
  source: SourceDevice,
  defaults: MonitoringDefaults | undefined,
  notes: NoteReason[],
): Monitoring {
  const shared = source.monitoring_use_defaults === true ? defaults : undefined;
  const given = {
    monitored_package: shared === undefined ? source.monitored_package : shared.package,
    monitored_app_name: shared === undefined ? source.monitored_app_name : shared.app_name,
    threshold: shared === undefined ? source.monitored_threshold_min : shared.threshold_min,
    enabled: shared === undefined ? source.monitor_enabled : shared.enabled,
  };
  const threshold = thresholdSchema.safeParse(given.threshold);
  if (!threshold.success && given.threshold !== null) notes.push('threshold_invalid');
  return {
    monitored_package: storableText(given.monitored_package) || null,
    monitored_app_name: storableText(given.monitored_app_name) || null,
    monitored_threshold_min: threshold.success ? threshold.data : DEFAULT_THRESHOLD_MIN,
    monitor_enabled: given.enabled ?? true,
  };
}

type Facts = Omit<
  ImportedDevice,
  | 'id'
  | 'alias'
  | 'hardware_id'
  | 'token_id'
  | 'token_revoked_at'
  | 'created_at'
  | 'facts_hash'
  | keyof Monitoring
>;

/** What the registry has, completed with what the last heartbeat said. */
function readFacts(
  source: SourceDevice,
  last: LastStatus | null,
  monitoredPackage: string | null,
): Facts {
  const text = (name: keyof Facts & keyof SourceDevice) =>
    storableText(source[name]) ?? storableText(last?.facts[name]);
  const owner = source.is_device_owner ?? last?.facts['is_device_owner'];
  const app = last?.appVersions[monitoredPackage ?? ''];
  return {
    app_version: text('app_version'),
    model: text('model'),
    manufacturer: text('manufacturer'),
    android_version: text('android_version'),
    sdk_int: storableInt(source.sdk_int) ?? storableInt(last?.facts['sdk_int']),
    patch_level: text('patch_level'),
    build_id: text('build_id'),
    is_device_owner: typeof owner === 'boolean' ? owner : null,
    installed_apk_version_code:
      int64(source.installed_apk_version_code) ?? int64(app?.version_code?.toString()),
    installed_apk_version_name:
      storableText(source.installed_apk_version_name) ?? storableText(app?.version_name),
    fcm_token: storableText(source.fcm_token),
    app_versions: last === null ? null : appVersionsJson(last.appVersions),
  };
}

/** The newest state that is known; what its own table lacks comes from the last heartbeat. */
function readStatus(
  device_id: string,
  source: SourceDevice & Monitoring,
  last: LastStatus | null,
  broken: boolean,
): ImportedStatus | null {
  const { state } = source;
  const stateAt = time(state?.last_ts);
  // A registration sets `last_seen` too.
  const sinceRegistration = source.last_seen === null ? 0 : (source.seen_after_s ?? Infinity);
  const reported = state !== null || last !== null || broken || sinceRegistration > REGISTRATION_S;
  const seenAt = time(source.last_seen) ?? stateAt ?? time(source.created_at);
  if (!reported || seenAt === null) return null;
  const lastTs = stateAt ?? seenAt;
  return {
    device_id,
    last_ts: lastTs,
    // ISO-8601 in UTC sorts as it is.
    last_seen_at: seenAt > lastTs ? seenAt : lastTs,
    ...storableState(completed(state, last)),
    ...monitoredThen(source, last),
  };
}

function completed(state: SourceState | null, last: LastStatus | null): Record<string, unknown> {
  const given: Record<string, unknown> = { ...last?.state };
  for (const [name, value] of Object.entries(state ?? {})) if (value !== null) given[name] = value;
  // Null is an answer there: the server could not tell.
  if (state?.unity_running !== undefined) given['unity_running'] = state.unity_running;
  return given;
}

/** What the device was monitored for when it reported. */
function monitoredThen(
  { state, monitor_enabled, monitored_package, monitored_threshold_min }: SourceDevice & Monitoring,
  last: LastStatus | null,
): Pick<ImportedStatus, 'monitored_package' | 'monitored_threshold_min'> {
  const now = {
    monitored_package: monitor_enabled ? monitored_package : null,
    monitored_threshold_min,
  };
  const then = state?.monitored_package === undefined ? (last ?? now) : state;
  return {
    monitored_package: storableText(then.monitored_package),
    monitored_threshold_min: storableInt(then.monitored_threshold_min),
  };
}

/** PostgreSQL also has infinite times and years before Christ. */
function time(text: string | null | undefined): string | null {
  return typeof text === 'string' && DATE.test(text) && !text.endsWith('BC') ? text : null;
}

function int64(digits: string | null | undefined): string | null {
  if (typeof digits !== 'string' || !INT64.test(digits)) return null;
  return BigInt.asIntN(64, BigInt(digits)) === BigInt(digits) ? digits : null;
}
