import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { appVersionsJson, parseLastStatus, type LastStatus } from './last-status.ts';
import { storableState } from './storable.ts';

const read = (status: unknown) => parseLastStatus(JSON.stringify(status)) as LastStatus;

describe('devices.last_status', () => {
  test.each([null, '', '  ', 'null', '{}'])('%j holds nothing', (text) => {
    expect(parseLastStatus(text)).toBeNull();
  });

  test.each(['{"battery": {', '[1]', '"text"', '7', '{"a": NaN}'])('%s is broken', (text) => {
    expect(parseLastStatus(text)).toBe('broken');
  });

  test('a field that is broken costs only itself', () => {
    const { state } = read({
      battery: { pct: 'full', charging: true, temperature_c: -2.5 },
      network: 'wifi',
      memory: { total_ram_mb: 100, avail_ram_mb: 200 },
      queue_depth: 1.5,
      power_ok: false,
    });
    expect(storableState(state)).toMatchObject({
      battery_pct: null,
      plugged: true,
      temp_c: -2.5,
      network_type: null,
      power_ok: false,
      ram_used_mb: null,
      queue_depth: null,
      status: 'ok',
    });
  });

  test.each([
    [{ unity_process_running: true, unity: { status: 'down' } }, true],
    [{ unity: { status: 'running' } }, true],
    [{ unity: { status: 'down' }, monitored_foreground_recent_s: 5 }, false],
    [{ unity: { status: 'not_installed' }, monitored_foreground_recent_s: 5 }, null],
    [{ monitored_foreground_recent_s: 599 }, true],
    [{ monitored_foreground_recent_s: 600 }, false],
    [{ monitored_foreground_recent_s: -1 }, null],
    [{ agent: {} }, null],
  ])('whether Unity runs: %j -> %p', (status, running) => {
    expect(read(status).state['unity_running']).toBe(running);
  });

  test('keeps 64-bit version codes, and what PostgreSQL can hold of names', () => {
    const status = parseLastStatus(
      String.raw`{"app_versions": {"a\u0000": {"installed": true, "version_name": "\ud800", "version_code": 9223372036854775807}}}`,
    ) as LastStatus;
    expect(appVersionsJson(status.appVersions)).toBe(
      '{"a\uFFFD":{"installed":true,"version_name":"\uFFFD","version_code":9223372036854775807}}',
    );
  });

  test('takes whatever JSON there is', () => {
    const names = fc.constantFrom(
      'battery',
      'network',
      'memory',
      'system',
      'unity',
      'app_versions',
      'power_ok',
      'pct',
      'transport',
      'status',
      'version_code',
      'installed',
      '__proto__',
    );
    const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
      leaf: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.string({ unit: 'binary' })),
      tree: fc.oneof({ maxDepth: 3 }, tie('leaf'), fc.dictionary(names, tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const status = parseLastStatus(JSON.stringify(value) ?? '');
        if (status === null || status === 'broken') return;
        const state = JSON.stringify(storableState(status.state));
        expect(state + appVersionsJson(status.appVersions)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
    );
  });
});
