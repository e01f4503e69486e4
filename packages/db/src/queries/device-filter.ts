import type { DeviceStatus } from '@nexmdm/contracts';
import { sql, type RawBuilder } from 'kysely';
import { seenBucket } from './seen-bucket.ts';
import type { StatusSource } from './status-source.ts';

/** Which devices are wanted; all conditions hold together. */
export interface DeviceFilter {
  status?: DeviceStatus | undefined;
  unity?: 'down' | 'up' | undefined;
  /** With `unity: 'down'`: also those of which it isn't known. */
  includeUnknownUnity?: boolean | undefined;
  /** Battery below this many percent. */
  batteryBelow?: number | undefined;
  /** Part of the alias, in any case. */
  search?: string | undefined;
  versionCode?: bigint | undefined;
  ssid?: string | undefined;
  carrier?: string | undefined;
  /** The agent's. */
  appVersion?: string | undefined;
  model?: string | undefined;
  /** Seen within this many seconds. */
  seenWithinSeconds?: number | undefined;
}

export interface FilterOptions {
  filter: DeviceFilter;
  source: StatusSource;
  /** A device that was seen within this time is online. */
  onlineWithinSeconds: number;
  /**
   * Times to two minutes only: what the planner can estimate. The exact time beside it would count
   * twice, as if the two had nothing to do with each other.
   */
  rough?: boolean;
}

/** What is known of the monitored app counts for a day. */
export const UNITY_WITHIN_SECONDS = 86_400;

type Condition = RawBuilder<unknown>;

/** What a filter asks of the device (`d`) and of its status (`s`), apart. */
export interface Conditions {
  ofDevice: Condition[];
  ofStatus: Condition[];
}

export function conditionsOf(options: FilterOptions): Conditions {
  const { filter, source, onlineWithinSeconds, rough = false } = options;
  const ofDevice: Condition[] = [sql`d.deleted_at IS NULL`];
  const ofStatus: Condition[] = [];
  const seen = seenConditions(source, rough);
  if (filter.status === 'online') ofStatus.push(...seen.within(onlineWithinSeconds));
  if (filter.status === 'offline') ofStatus.push(...seen.before(onlineWithinSeconds));
  if (filter.status === 'never') {
    ofStatus.push(sql`s.device_id IS NULL`);
    if (source.indexed) ofDevice.push(sql`d.facts_hash IS NULL`);
  }
  if (filter.unity !== undefined) {
    ofStatus.push(unityCondition(filter), ...seen.within(UNITY_WITHIN_SECONDS));
  }
  if (filter.seenWithinSeconds !== undefined) {
    ofStatus.push(...seen.within(filter.seenWithinSeconds));
  }
  if (filter.batteryBelow !== undefined)
    ofStatus.push(sql`s.battery_pct < ${filter.batteryBelow}::integer`);
  if (filter.ssid !== undefined) ofStatus.push(sql`s.ssid = ${filter.ssid}`);
  if (filter.carrier !== undefined) ofStatus.push(sql`s.carrier = ${filter.carrier}`);
  if (filter.appVersion !== undefined) ofStatus.push(sql`s.agent_version = ${filter.appVersion}`);
  if (filter.model !== undefined) ofDevice.push(sql`d.model = ${filter.model}`);
  if (filter.search !== undefined) ofDevice.push(sql`d.alias ILIKE ${containing(filter.search)}`);
  if (filter.versionCode !== undefined) {
    ofDevice.push(sql`d.installed_apk_version_code = ${filter.versionCode.toString()}::bigint`);
  }
  return { ofDevice, ofStatus };
}

/** Joined by AND; true when there are none. */
export function allOf(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` AND `);
}

/** `devices d` with their status `s`; those without one too, unless a condition needs it. */
export function fleet({ filter, source }: FilterOptions, { ofStatus }: Conditions): Condition {
  const outer = ofStatus.length === 0 || filter.status === 'never';
  return sql`devices d ${outer ? sql`LEFT JOIN` : sql`JOIN`} ${source.whole} s ON s.device_id = d.id`;
}

/** Whether nothing is asked of the device but that it isn't deleted. */
export function asksStatusOnly({ filter }: FilterOptions, conditions: Conditions): boolean {
  const { ofDevice, ofStatus } = conditions;
  return ofDevice.length === 1 && ofStatus.length > 0 && filter.status !== 'never';
}

function unityCondition({ unity, includeUnknownUnity }: DeviceFilter): Condition {
  if (unity === 'up') return sql`s.unity_running`;
  return includeUnknownUnity === true ? sql`s.unity_running IS NOT TRUE` : sql`NOT s.unity_running`;
}

/** The bucket finds the rows by their index, the exact time decides. */
function seenConditions({ indexed }: StatusSource, rough: boolean) {
  const ago = (seconds: number) => sql`now() - make_interval(secs => ${seconds})`;
  const either = (exact: Condition, byIndex: Condition) =>
    indexed ? (rough ? [byIndex] : [byIndex, exact]) : [exact];
  return {
    within: (seconds: number) =>
      either(
        sql`s.last_seen_at >= ${ago(seconds)}`,
        sql`s.seen_bucket >= ${seenBucket(ago(seconds))}`,
      ),
    before: (seconds: number) =>
      either(
        sql`s.last_seen_at < ${ago(seconds)}`,
        sql`s.seen_bucket <= ${seenBucket(ago(seconds))}`,
      ),
  };
}

/** A pattern for LIKE in which the text stands for itself. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
