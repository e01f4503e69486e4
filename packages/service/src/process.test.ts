import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@nexmdm/testing';

let folder: string;
let entry: string;
const children: ChildProcess[] = [];

/** A process as the apps are: the behaviour of its one part comes from its environment. */
const MAIN = `
import { runProcess, parseEnvironment, settings } from '${path.join(import.meta.dirname, 'index.ts')}';

const { START, STOP } = process.env;
let alive;
await runProcess({
  name: 'svc',
  env: process.env,
  readConfig: (env) => {
    const { ADMIN_KEY, LOG_LEVEL } = parseEnvironment({ ADMIN_KEY: settings.adminKey, LOG_LEVEL: settings.logLevel }, env);
    return { adminKey: ADMIN_KEY, logger: { level: LOG_LEVEL } };
  },
  create: (config, logger) => ({
    async start() {
      alive = setInterval(() => {}, 1000);
      if (START === 'fails') throw new Error('no database at postgres://u:hunter2@db');
      if (START === 'hangs') { logger.info('starting'); await new Promise((_, reject) => { globalThis.abort = reject; }); }
      return { port: 4000 };
    },
    async stop() {
      logger.info('part.stopping');
      globalThis.abort?.(new Error('stopped while starting'));
      if (STOP === 'fails') throw new Error('cannot stop');
      if (STOP === 'slow') await new Promise((resolve) => setTimeout(resolve, 200));
      clearInterval(alive);
    },
  }),
});
if (START === 'crashes') setTimeout(() => { throw new Error('a bug'); }, 10);
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-process-'));
  entry = path.join(folder, 'main.mjs');
  await writeFile(entry, MAIN);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function run(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [entry], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], ADMIN_KEY: '0123456789abcdef', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // Not `close`: it doesn't come after a disconnect.
  const outputs = [child.stdout, child.stderr].flatMap((output) =>
    output ? [once(output, 'end')] : [],
  );
  const ended = once(child, 'exit').then(async ([code, signal]) => {
    await Promise.all(outputs);
    return (code ?? signal) as number | string;
  });
  const events = () =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const logged = (event: string) =>
    waitFor(event, () => events().find((log) => log['event'] === event));
  return { child, ended, logged, events, stderr: () => stderr };
}

const eventNames = (of: ReturnType<typeof run>) => of.events().map((log) => log['event']);
const ORDERLY = ['process.started', 'process.stopping', 'part.stopping', 'process.stopped'];

describe('a process', () => {
  test('with bad settings says so and ends with 78', async () => {
    const process = run({ ADMIN_KEY: 'short', LOG_LEVEL: 'loud' });
    expect(await process.ended).toBe(78);
    expect(process.stderr()).toBe(
      [
        'svc: Bad configuration:',
        '  - ADMIN_KEY: must be at least 16 characters long (the key that operators and scrapers send in x-admin)',
        '  - LOG_LEVEL: must be error, warn, info or debug (the least severe log level that is written)',
        '',
      ].join('\n'),
    );
    expect(process.events()).toEqual([]);
  });

  test('logs its start with what its parts say', async () => {
    const process = run();
    expect(await process.logged('process.started')).toMatchObject({
      service: 'svc',
      pid: process.child.pid,
      port: 4000,
    });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'stops in order on %s and ends with 0',
    async (signal) => {
      const process = run({ STOP: 'slow' });
      await process.logged('process.started');
      process.child.kill(signal);
      expect(await process.ended).toBe(0);
      expect(eventNames(process)).toEqual(ORDERLY);
      expect(process.events()[1]).toMatchObject({ signal });
      expect(process.stderr()).toBe('');
    },
  );

  test('stops in order when its parent goes away', async () => {
    const process = run();
    await process.logged('process.started');
    process.child.disconnect();
    expect(await process.ended).toBe(0);
    expect(eventNames(process)).toEqual(ORDERLY);
  });

  test('that is told to stop and loses its parent stops once', async () => {
    const process = run({ STOP: 'slow' });
    await process.logged('process.started');
    process.child.kill('SIGTERM');
    await process.logged('part.stopping');
    process.child.disconnect();
    expect(await process.ended).toBe(0);
    expect(eventNames(process)).toEqual(ORDERLY);
    expect(process.stderr()).toBe('');
  });

  test('whose start fails closes what it opened, says why and ends with 1', async () => {
    const process = run({ START: 'fails' });
    expect(await process.ended).toBe(1);
    expect(eventNames(process)).toEqual(['process.start_failed', 'part.stopping']);
    expect(process.events()[0]).toMatchObject({
      level: 'error',
      error: { message: 'no database at postgres://u:[redacted]@db' },
    });
  });

  test('that is told to stop while it starts stops in order', async () => {
    const process = run({ START: 'hangs', STOP: 'slow' });
    await process.logged('starting');
    process.child.kill('SIGTERM');
    expect(await process.ended).toBe(0);
    expect(eventNames(process)).toEqual(['starting', ...ORDERLY.slice(1)]);
  });

  test('with a bug logs it, stops in order and ends with 1', async () => {
    const process = run({ START: 'crashes' });
    expect(await process.ended).toBe(1);
    expect(eventNames(process)).toEqual(['process.started', 'process.failed', ...ORDERLY.slice(1)]);
    expect(process.events()[1]).toMatchObject({ level: 'error', error: { message: 'a bug' } });
  });

  test('whose stop fails ends with 1', async () => {
    const process = run({ STOP: 'fails' });
    await process.logged('process.started');
    process.child.kill('SIGTERM');
    expect(await process.ended).toBe(1);
  });
});
