import { describe, expect, test } from '@jest/globals';
import { agentPayload, agentPayloadNames, type AgentPayload } from '@nexmdm/testing';
import { heartbeatBatchSchema, heartbeatSchema, MAX_BATCH_HEARTBEATS } from './heartbeat.ts';
import { parseExactJson } from './json.ts';

/** A payload with the field at a dotted path replaced, or removed when the value is undefined. */
function withField(path: string, value: unknown): AgentPayload {
  const payload = agentPayload('heartbeat-wifi');
  const names = path.split('.');
  const last = String(names.pop());
  const parent = names.reduce<AgentPayload>((place, name) => place[name] as AgentPayload, payload);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return payload;
}

function issuesOf(payload: unknown): string[] {
  const result = heartbeatSchema.safeParse(payload);
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
}

const OPTIONAL = [
  'device_id',
  'app_version',
  'speedtest_running_signals.foreground_recent_seconds',
  'network.ssid',
  'network.carrier',
  'network.ip',
  'network.signal_dbm',
  'fcm_token',
  'is_ping_response',
  'ping_request_id',
  'self_heal_hints',
  'is_device_owner',
  'power_ok',
  'doze_whitelisted',
  'net_validated',
  'queue_depth',
  'monitored_foreground_recent_s',
  'unity_process_running',
];

const REQUIRED = [
  'alias',
  'timestamp_utc',
  'app_versions',
  'speedtest_running_signals',
  'speedtest_running_signals.has_service_notification',
  ...['', '.pct', '.charging', '.temperature_c'].map((name) => `battery${name}`),
  ...['', '.uptime_seconds', '.android_version', '.sdk_int', '.patch_level'].map(
    (name) => `system${name}`,
  ),
  ...['.build_id', '.model', '.manufacturer'].map((name) => `system${name}`),
  ...['', '.total_ram_mb', '.avail_ram_mb', '.pressure_pct'].map((name) => `memory${name}`),
  ...['', '.transport'].map((name) => `network${name}`),
];

describe('a heartbeat', () => {
  test.each(agentPayloadNames)('is taken as agents send it: %s', (name) => {
    const payload = agentPayload(name);
    expect(heartbeatSchema.parse(payload)).toEqual(payload);
  });

  test('may have fields nobody knows, at every level; they are left out', () => {
    const payload = agentPayload('heartbeat-minimal-older-agent');
    const { battery, network } = payload as Record<'battery' | 'network', AgentPayload>;
    const extended = {
      ...payload,
      invented: { by: ['tomorrow'] },
      battery: { ...battery, cycles: 12 },
      network: { ...network, cells: [] },
    };
    expect(heartbeatSchema.parse(extended)).toEqual(payload);
  });

  test.each(OPTIONAL)('may leave %s out or send null', (path) => {
    expect(issuesOf(withField(path, undefined))).toEqual([]);
    expect(issuesOf(withField(path, null))).toEqual([]);
  });

  test.each(REQUIRED)('must have %s', (path) => {
    expect(issuesOf(withField(path, undefined))).toEqual([path]);
    expect(issuesOf(withField(path, null))).toEqual([path]);
  });

  test.each([
    ['device_id', 7],
    ['device_id', 'x'.repeat(101)],
    ['alias', ''],
    ['alias', 'x'.repeat(201)],
    ['alias', ['D23']],
    ['app_version', 1.1],
    ['timestamp_utc', 1_795_426_867],
    ['timestamp_utc', 'x'.repeat(51)],
    ['app_versions', []],
    ['app_versions', 'none'],
    ['speedtest_running_signals.has_service_notification', 'false'],
    ['speedtest_running_signals.foreground_recent_seconds', '44'],
    ['battery.pct', '87'],
    ['battery.pct', 87.5],
    ['battery.pct', 2 ** 31],
    ['battery.charging', 1],
    ['battery.temperature_c', '31.4'],
    ['system.uptime_seconds', 1.5],
    ['system.sdk_int', '33'],
    ['system.model', 7],
    ['system.model', 'x'.repeat(256)],
    ['memory.total_ram_mb', -(2 ** 31) - 1],
    ['memory.pressure_pct', true],
    ['network.transport', 0],
    ['network.ssid', {}],
    ['network.signal_dbm', '-61'],
    ['fcm_token', 'x'.repeat(4097)],
    ['is_ping_response', 'yes'],
    ['self_heal_hints', 'restart'],
    ['is_device_owner', 0],
    ['power_ok', 'true'],
    ['doze_whitelisted', []],
    ['net_validated', 1],
    ['queue_depth', '0'],
    ['monitored_foreground_recent_s', -2],
    ['monitored_foreground_recent_s', 86_401],
    ['monitored_foreground_recent_s', 0.5],
    ['unity_process_running', 'running'],
  ])('is refused for %s = %j, naming the field', (path, value) => {
    expect(issuesOf(withField(path, value))).toEqual([path]);
  });

  test('names every bad field at once', () => {
    const payload = { ...agentPayload('heartbeat-wifi'), battery: {}, queue_depth: 'x' };
    expect(issuesOf(payload).sort()).toEqual([
      'battery.charging',
      'battery.pct',
      'battery.temperature_c',
      'queue_depth',
    ]);
  });

  test.each([null, [], 'text', 7, true])('must be an object, not %j', (payload) => {
    expect(issuesOf(payload)).toEqual(['']);
  });

  test.each([[{ restart: 1 }], [['restart']], [[]], [null]])('takes hints as %j', (hints) => {
    expect(issuesOf(withField('self_heal_hints', hints))).toEqual([]);
  });
});

describe('a version code', () => {
  const versionCode = (digits: string) => {
    const text = `{"pkg":{"installed":true,"version_code":${digits}}}`;
    return heartbeatSchema.safeParse(withField('app_versions', parseExactJson(text)));
  };

  test.each([
    '0',
    '-1',
    '214748364900',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
  ])('of 64 bits stays exact: %s', (digits) => {
    const code = versionCode(digits).data?.app_versions['pkg']?.version_code;
    expect(String(code)).toBe(digits);
  });

  test.each([
    '9223372036854775808',
    '-9223372036854775809',
    '1.5',
    '"7"',
    '[]',
    `1${'0'.repeat(300)}`,
  ])('is refused when it is none: %s', (digits) => {
    const paths = versionCode(digits).error?.issues.map((issue) => issue.path.join('.'));
    expect(paths).toEqual(['app_versions.pkg.version_code']);
  });
});

describe('a batch', () => {
  const sent_at = '2026-11-23T09:41:07Z';

  test('holds one to the most heartbeats, whatever each of them is', () => {
    for (const length of [1, 2, MAX_BATCH_HEARTBEATS]) {
      const batch = { sent_at, heartbeats: Array.from({ length }, () => ({ bad: true })) };
      expect(heartbeatBatchSchema.parse(batch).heartbeats).toHaveLength(length);
    }
  });

  test.each([
    [{ sent_at, heartbeats: [] }, 'heartbeats'],
    [{ sent_at, heartbeats: Array.from({ length: MAX_BATCH_HEARTBEATS + 1 }) }, 'heartbeats'],
    [{ sent_at, heartbeats: {} }, 'heartbeats'],
    [{ sent_at }, 'heartbeats'],
    [{ heartbeats: [{}] }, 'sent_at'],
    [{ sent_at: 7, heartbeats: [{}] }, 'sent_at'],
    [{ sent_at: 'x'.repeat(51), heartbeats: [{}] }, 'sent_at'],
  ])('is refused as a whole when it is none (%#)', (batch, path) => {
    const issues = heartbeatBatchSchema.safeParse(batch).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});
