import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appEntry, processEnvironment, REPOSITORY, runNode, waitFor } from '@nexmdm/testing';
import type { ReadsReport } from '../src/reads/report.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-bench-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The processes of a benchmark: PostgreSQL has its folder as an argument, ours have it as home. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const texts = await Promise.all(
      ['cmdline', 'environ'].map((file) =>
        readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''),
      ),
    );
    if (texts.some((text) => text.includes(folder))) found.push(`${pid} ${texts[0]}`);
  }
  return found;
}

const bench = (...args: string[]) =>
  runNode(appEntry('bench'), args, { HOME: folder }, { anyCode: true });

describe('bench reads', () => {
  test('measures both ways of reading on a fleet of its own, and leaves nothing', async () => {
    const args = ['reads', '--smoke', '--json', '--devices', '500', '--folder', folder];
    const { code, stdout, stderr } = await bench(...args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const report = JSON.parse(stdout) as ReadsReport;
    expect(report).toMatchObject({
      fleet: { devices: 500, days: 2, interval_seconds: 3_600, seed: 1 },
      judged: false,
      passed: true,
    });
    expect(report.fleet.heartbeats).toBeGreaterThan(500 * 40);
    expect(report.fleet.heartbeats).toBeLessThanOrEqual(500 * 49);
    const compared = report.results.filter(({ legacy }) => legacy !== null);
    expect(new Set(compared.map(({ query }) => query))).toEqual(
      new Set(['list_devices', 'get_device', 'offline_devices', 'unity_down', 'fleet_counts']),
    );
    for (const result of report.results) {
      expect(result.fast.requests).toBe(20);
      expect(result.fast.p50_ms).toBeGreaterThan(0);
      expect(result.fast.p99_ms).toBeGreaterThanOrEqual(result.fast.p50_ms);
      expect(result.differing).toEqual([]);
    }
    for (const { compared: answers, legacy, speedup } of compared) {
      expect(answers).toBeGreaterThan(0);
      expect(legacy?.requests).toBeGreaterThanOrEqual(3);
      expect(speedup).toBeGreaterThan(0);
    }
    expect(await readdir(folder)).toEqual([]);
    expect(await processesOf(folder)).toEqual([]);
  }, 120_000);

  test('Ctrl-C stops it, and nothing is left', async () => {
    const args = [appEntry('bench'), 'reads', '--devices', '200000', '--folder', folder];
    const child = spawn(process.execPath, args, {
      cwd: REPOSITORY,
      env: processEnvironment({ HOME: folder }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const exited = once(child, 'exit');
    await waitFor('it fills the history', () => output.includes('filling the history'), 60_000);
    expect(await processesOf(folder)).not.toEqual([]);
    child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
    expect(output).toContain('stopped; nothing is left');
    expect(await readdir(folder)).toEqual([]);
    expect(await processesOf(folder)).toEqual([]);
  }, 120_000);

  test('says what is wrong with what it is asked', async () => {
    expect(await bench('reads', '--devices', '5')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('from 100 to'),
    });
    const tooLarge = await bench('reads', '--devices', '10000000', '--days', '400');
    expect(tooLarge).toMatchObject({ code: 1, stderr: expect.stringContaining('--folder') });
    const missing = await bench('reads', '--folder', path.join(folder, 'missing'));
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('--folder') });
    const odd = await bench('reads', '--interval', '15', '--folder', folder);
    expect(odd).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Error: .*multiple of 10/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('help has an example', async () => {
    for (const args of [['--help'], ['reads', '--help']]) {
      const { code, stdout } = await bench(...args);
      expect(code).toBe(0);
      expect(stdout).toContain('\nExample:\n  $ npx --yes pnpm bench reads');
    }
  });
});
