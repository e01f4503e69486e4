import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../src/ports.ts';
import { isRunning, listChildren, sendSignal, waitUntilGone } from '../src/process-table.ts';
import { runToEnd, spawnProcess, type SpawnedProcess } from '../src/processes.ts';
import { useTemporary, waitFor } from './temporary.ts';

/** `pnpm start` with everything real, and the README's walk-through typed into it. */

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const READY_MS = 90_000;
const GONE_MS = 20_000;
const WALK_THROUGH_MS = 120_000;

const temporary = useTemporary();
let dataDir: string;
let ports: { INGEST_PORT: number; QUERY_PORT: number; WRITER_PORT: number };
let env: Record<string, string>;
let launched: SpawnedProcess | undefined;
let output: string[];

beforeAll(async () => {
  dataDir = path.join(temporary.folder(), 'data');
  ports = {
    INGEST_PORT: await freePort(),
    QUERY_PORT: await freePort(),
    WRITER_PORT: await freePort(),
  };
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    NEXMDM_DATA_DIR: dataDir,
    PG_PORT: String(await freePort()),
    REDIS_PORT: String(await freePort()),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
  };
});
afterEach(async () => {
  if (launched && !launched.hasExited()) {
    sendSignal(launched.pid, 'SIGKILL');
    await launched.exited;
  }
});

async function start(): Promise<SpawnedProcess> {
  output = [];
  const started = await spawnProcess({
    command: process.execPath,
    args: ['infra/local/src/main.ts'],
    cwd: REPOSITORY,
    env,
    onLine: (line) => output.push(line),
  });
  launched = started;
  await waitFor(() => {
    if (started.hasExited()) throw new Error(output.join('\n'));
    return output.some((line) => line.includes('NexMDM is running'));
  }, READY_MS);
  return started;
}

function familyOf(pid: number): number[] {
  return [pid, ...listChildren(pid).flatMap(familyOf)];
}

const adminKey = () => readFileSync(path.join(dataDir, 'admin-key'), 'utf8').trim();

async function onlineDevices(): Promise<string[]> {
  const response = await fetch(
    `http://127.0.0.1:${ports.QUERY_PORT}/v1/devices?status=online&limit=1000`,
    { headers: { 'x-admin': adminKey() } },
  );
  const { devices } = (await response.json()) as { devices: { alias: string }[] };
  return devices.map(({ alias }) => alias);
}

async function waitForOnline(count: number): Promise<string[]> {
  let online: string[] = [];
  const deadline = Date.now() + 30_000;
  while (online.length < count && Date.now() < deadline) online = await onlineDevices();
  return online;
}

/** The shell blocks of the README's walk-through, speaking to this test's ports and data folder. */
function walkThrough(): string[] {
  const readme = readFileSync(path.join(REPOSITORY, 'README.md'), 'utf8');
  const section = readme.split('\n## ').find((text) => text.startsWith('Walk-through')) ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block
      .replace('.nexmdm/', `${dataDir}/`)
      .replace('localhost:4000', `127.0.0.1:${ports.INGEST_PORT}`)
      .replace('localhost:4001', `127.0.0.1:${ports.QUERY_PORT}`),
  );
}

/** Types the blocks into one shell, and gives what each printed. */
async function typeIntoShell(blocks: readonly string[]): Promise<string[]> {
  const mark = '=== next block';
  const child = spawn(
    'bash',
    ['-eu', '-o', 'pipefail', '-c', blocks.join(`\necho; echo "${mark}"\n`)],
    {
      cwd: REPOSITORY,
      // A user's shell: package runners need their own settings too.
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    },
  );
  const tooLate = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), WALK_THROUGH_MS);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(tooLate);
  if (code !== 0) throw new Error(`the walk-through ended with ${String(code)}:\n${printed}`);
  return printed.split(mark).map((text) => text.trim());
}

describe('pnpm start', () => {
  test('runs everything; the README’s walk-through works line by line; Ctrl-C leaves nothing', async () => {
    const { pid, exited } = await start();
    expect(await waitForOnline(25)).toHaveLength(25);

    const blocks = walkThrough();
    expect(blocks.length).toBeGreaterThanOrEqual(8);
    const printed = await typeIntoShell(blocks);
    expect(JSON.parse(String(printed[1]))).toMatchObject({
      devices: [{ status: 'online' }, { status: 'online' }, { status: 'online' }],
      pagination: { limit: 3 },
    });
    expect(JSON.parse(String(printed[2]))).toMatchObject({
      device_token: expect.any(String) as unknown,
    });
    expect(JSON.parse(String(printed[3]))).toEqual({ ok: true, next_heartbeat_seconds: 600 });
    expect(JSON.parse(String(printed[4]))).toMatchObject({ status: 'online', battery_pct: 87 });
    expect(JSON.parse(String(printed[5]))).toMatchObject({ heartbeats: [{ battery_pct: 87 }] });

    const family = familyOf(pid);
    expect(family.length).toBeGreaterThan(6);
    sendSignal(pid, 'SIGINT');
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(family.filter(isRunning)).toEqual([]);
  }, 240_000);

  test('keeps its data; brings back what is killed; a killed launcher leaves nothing', async () => {
    const { pid, exited } = await start();
    expect(await waitForOnline(25)).not.toHaveLength(0);

    for (const part of ['redis-server', 'writer-worker']) {
      const victim = familyOf(pid).find((candidate) => commandOf(candidate).includes(part));
      sendSignal(Number(victim), 'SIGKILL');
    }
    await waitFor(
      () => output.some((line) => line.includes('redis has been started again')),
      READY_MS,
    );
    await waitFor(
      () => output.some((line) => line.includes('writer has been started again')),
      READY_MS,
    );

    const second = await runToEnd({
      command: process.execPath,
      args: ['infra/local/src/main.ts'],
      cwd: REPOSITORY,
      env,
    });
    expect(second.code).toBe(1);
    expect(second.lines.join('\n')).toContain(dataDir);

    const family = familyOf(pid);
    sendSignal(pid, 'SIGKILL');
    await exited;
    expect(await waitUntilGone(family, GONE_MS)).toBe(true);
  }, 240_000);
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It ended in between.
    return '';
  }
}
