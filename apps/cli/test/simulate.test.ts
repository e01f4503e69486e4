import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createTestDatabase,
  startApp,
  TEST_ADMIN_KEY,
  testRedisUrl,
  waitFor,
  type AppProcess,
  type TestDatabase,
} from '@nexmdm/testing';
import type { SimulationSummary } from '../src/simulate/summary.ts';
import { nexmdm, startNexmdm } from './cli-process.ts';

let database: TestDatabase;
let ingest: AppProcess;
let writer: AppProcess;
let settings: Record<string, string>;
let env: Record<string, string>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-simulate-'));
  database = await createTestDatabase();
  settings = {
    ADMIN_KEY: TEST_ADMIN_KEY,
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl(4),
  };
  [ingest, writer] = await Promise.all([
    startApp('ingest-api', settings),
    startApp('writer-worker', settings),
  ]);
  env = { ADMIN_KEY: TEST_ADMIN_KEY, INGEST_URL: ingest.url };
});

afterAll(async () => {
  await Promise.all([ingest.stop(), writer.stop()]);
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function simulate(...args: string[]): Promise<SimulationSummary> {
  const { stdout, stderr } = await nexmdm(['simulate', '--json', '--no-progress', ...args], env);
  if (stdout === '') throw new Error(stderr);
  const summary = JSON.parse(stdout) as SimulationSummary;
  expectNothingLost(summary);
  return summary;
}

/** Every heartbeat that was taken has exactly one fate. */
function expectNothingLost(summary: SimulationSummary): void {
  const { accepted, rejected, queued, coalesced, overflowed, expired } = summary;
  expect(accepted + rejected + queued + coalesced + overflowed + expired).toBe(summary.taken);
}

const reporting = () =>
  database.query<{ alias: string }>(
    'SELECT alias FROM devices JOIN device_last_status ON device_id = id ORDER BY alias',
  );

describe('simulate', () => {
  test('registers a fleet whose heartbeats all reach the database', async () => {
    const summary = await simulate('--devices', '12', '--interval', '1', '--duration', '2.5');
    expect(summary).toMatchObject({ devices: 12, rejected: 0, errors: {}, registered_anew: 0 });
    expect(summary.taken).toBeGreaterThanOrEqual(24);
    expect(summary.targets.map(({ name }) => name)).toContain('p95 ms');
    const devices = await waitFor('every device', async () => {
      const rows = await reporting();
      return rows.length === 12 && rows;
    });
    // The name of the run keeps it apart from every other.
    expect(devices[0]?.alias).toMatch(/^sim-[0-9a-f]{6}-0001$/);
  });

  test('goes on with the same devices, and registers those anew that are unknown', async () => {
    const state = path.join(folder, 'state.json');
    const args = ['--state', state, '--interval', '1', '--duration', '1.5', '--offline', '0'];
    const tokens = async () =>
      [...(await readFile(state, 'utf8')).matchAll(/"device_token": "(.*)"/g)].map(
        ([, token]) => token,
      );
    await simulate(...args, '--devices', '3');
    const first = await tokens();
    await simulate(...args, '--devices', '35');
    const second = await tokens();
    expect(second.slice(0, 3)).toEqual(first);
    expect(second).toHaveLength(35);

    // So many that the server answers 429 to the last of the bad tokens.
    await database.query(
      "DELETE FROM device_last_status WHERE device_id IN (SELECT id FROM devices WHERE alias LIKE 'sim-00%')",
    );
    await database.query("DELETE FROM devices WHERE alias LIKE 'sim-00%'");
    await ingest.stop();
    ingest = await startApp('ingest-api', settings);
    env['INGEST_URL'] = ingest.url;
    const third = await simulate(...args, '--devices', '35');
    expect(third).toMatchObject({ registered_anew: 35, errors: {}, locked_out_devices: 0 });
    expect(new Set([...second, ...(await tokens())]).size).toBe(70);
  });

  test('keeps on while the service is away, and replays what was taken meanwhile', async () => {
    const { port } = new URL(ingest.url);
    const args = ['simulate', '--devices', '4', '--interval', '1', '--offline', '0', '--json'];
    const command = startNexmdm([...args, '--no-progress'], env);
    await waitFor('the start', () => command.output().includes('4 devices report'));
    await ingest.stop();
    await waitFor('a heartbeat that was not taken', () => command.output().includes("didn't take"));
    ingest = await startApp('ingest-api', { ...settings, PORT: port });
    const since = new Date();
    await waitFor('every device to be back', async () => {
      const rows = await database.query(
        'SELECT 1 FROM device_last_status WHERE last_seen_at > $1',
        [since],
      );
      return rows.length >= 4;
    });
    command.child.kill('SIGINT');
    // Its errors are more than the target allows.
    expect(await command.exited).toBe(1);
    const line = command.output().trimEnd().split('\n').at(-1) ?? '';
    const summary = JSON.parse(line) as SimulationSummary;
    expect(summary.replayed).toBeGreaterThan(0);
    expect(summary.errors).toHaveProperty('ECONNREFUSED');
    expectNothingLost(summary);
  });

  test('a batch is replayed with the clock of its device corrected', async () => {
    const args = ['--batch-replay', '--clock-error', '120', '--offline', '1', '--seed', '3'];
    const summary = await simulate(
      '--devices',
      '6',
      '--interval',
      '0.5',
      '--duration',
      '8',
      ...args,
    );
    expect(summary.replayed).toBeGreaterThan(0);
    expect(summary).toMatchObject({ rejected: 0, errors: {} });
  });

  test('sends at a rate whatever the answers are', async () => {
    const summary = await simulate(
      '--devices',
      '50',
      '--rate',
      '100',
      '--duration',
      '2',
      '--offline',
      '0',
    );
    expect(summary.taken).toBeGreaterThanOrEqual(195);
    expect(summary.taken).toBeLessThanOrEqual(205);
  });

  test('ends in good order when its parent is gone', async () => {
    const command = startNexmdm(
      ['simulate', '--devices', '2', '--interval', '1', '--no-progress'],
      env,
    );
    await waitFor('the start', () => command.output().includes('2 devices report'));
    command.child.disconnect();
    expect(await command.exited).toBe(0);
    expect(command.output()).toContain('Simulated 2 devices');
  });

  test('waits for a service that is not there yet', async () => {
    const away = { ...env, INGEST_URL: 'http://127.0.0.1:2' };
    const command = startNexmdm(['simulate', '--devices', '2', '--no-progress'], away);
    await waitFor('the wait', () => command.output().includes('wait to be registered'));
    command.child.kill('SIGTERM');
    expect(await command.exited).toBe(0);
    expect(command.output()).toContain('nothing was sent');
  });

  test('says what keeps it from starting', async () => {
    const wrongKey = await nexmdm(['simulate'], { ...env, ADMIN_KEY: 'another-key-0123456789' });
    expect(wrongKey.code).toBe(1);
    expect(wrongKey.stderr).toMatch(/^Error: .*refuses ADMIN_KEY.*\n$/);
    const noFile = await nexmdm(['simulate', '--state', '/nonexistent/state.json'], env);
    expect(noFile.code).toBe(1);
    expect(noFile.stderr).toMatch(/^Error: The state file .*\n$/);
  });
});
