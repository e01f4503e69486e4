import path from 'node:path';
import { expect, test } from '@jest/globals';
import { useTemporary, waitFor } from '../test/temporary.ts';
import type { ServerPart } from './parts.ts';
import { freePort } from './ports.ts';
import { isRunning, sendSignal } from './process-table.ts';
import { type ServiceOptions, startService } from './service-process.ts';
import { createStack } from './stack.ts';
import { createSupervisor, DEFAULT_POLICY } from './supervisor.ts';

const temporary = useTemporary();
const policy = { ...DEFAULT_POLICY, firstDelayMs: 10, longestDelayMs: 100, firstStartMs: 300 };

const servicePart = (name: string, options: Partial<ServiceOptions> = {}): ServerPart => ({
  kind: 'server',
  name,
  start: (writeLine, stopping) =>
    startService(
      {
        name,
        command: process.execPath,
        args: [path.resolve('test/fixtures/part.ts')],
        cwd: '.',
        env: { PATH: '/usr/bin:/bin' },
        ...options,
      },
      writeLine,
      stopping,
    ),
});

function supervise(part: ServerPart) {
  const output: string[] = [];
  const reports: string[] = [];
  const supervisor = temporary.track(
    createSupervisor(part, {
      writeLine: (line) => output.push(line),
      report: (line) => reports.push(line),
      policy,
    }),
  );
  return { supervisor, output, reports };
}

test('a part that dies is started again, and its death and return are told', async () => {
  const { supervisor, reports } = supervise(servicePart('part'));
  await supervisor.start();
  const firstPid = supervisor.pid() ?? 0;
  sendSignal(firstPid, 'SIGKILL');
  await waitFor(() => reports.includes('part has been started again'));
  expect(reports[0]).toMatch(/^part was ended by SIGKILL; starting it again in 0\.0 s$/);
  const secondPid = supervisor.pid() ?? 0;
  expect(isRunning(secondPid)).toBe(true);
  expect(secondPid).not.toBe(firstPid);
  await supervisor.stop();
  expect(isRunning(secondPid)).toBe(false);
});

test('the waits between failures in a row grow up to the longest', async () => {
  let attempts = 0;
  const good = servicePart('part');
  const { supervisor, reports } = supervise({
    ...good,
    start(writeLine, stopping) {
      attempts += 1;
      if (attempts === 1 || attempts > 6) return good.start(writeLine, stopping);
      return Promise.reject(new Error('failed'));
    },
  });
  await supervisor.start();
  sendSignal(supervisor.pid() ?? 0, 'SIGKILL');
  await waitFor(() => reports.includes('part has been started again'));
  expect(reports).toHaveLength(7);
  expect(reports[5]).toMatch(/^part failed; starting it again in 0\.(0[5-9]|10?) s \(attempt 6\)$/);
});

test('bad settings end the first start with what the part said', async () => {
  const { supervisor } = supervise(
    servicePart('part', {
      args: [path.resolve('test/fixtures/part.ts'), '78'],
      readyUrl: `http://127.0.0.1:${await freePort()}/readyz`,
    }),
  );
  await expect(supervisor.start()).rejects.toThrow(
    'part refuses its settings:\nSOME_SETTING: is wrong',
  );
});

test('a part that never gets ready ends the first start, after further attempts', async () => {
  const { supervisor, reports } = supervise(
    servicePart('part', {
      args: [path.resolve('test/fixtures/part.ts'), '3'],
      readyUrl: `http://127.0.0.1:${await freePort()}/readyz`,
    }),
  );
  await expect(supervisor.start()).rejects.toThrow('part did not start: it exited with code 3');
  expect(reports.length).toBeGreaterThan(0);
});

test('it is ready when it answers, and its output is passed on', async () => {
  const port = await freePort();
  const { supervisor, output } = supervise(
    servicePart('part', {
      args: [path.resolve('test/fixtures/part.ts'), '-', String(port)],
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    }),
  );
  await supervisor.start();
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  await waitFor(() => output.some((line) => line.includes('process.started')));
  await supervisor.stop();
});

test('a stop while a part is starting ends that part too', async () => {
  const port = await freePort();
  const output: string[] = [];
  const stack = temporary.track(
    createStack({
      // It listens on another port than the one asked, so it never gets ready.
      parts: [servicePart('part', { readyUrl: `http://127.0.0.1:${port}/readyz` })],
      writeLine: (_source, line) => output.push(line),
      reporter: 'test',
    }),
  );
  const starting = stack.start();
  const started = await waitFor(() => output.find((line) => line.includes('process.started')));
  const { pid } = JSON.parse(started) as { pid: number };
  await Promise.all([stack.stop(), expect(starting).rejects.toThrow()]);
  expect(isRunning(pid)).toBe(false);
});

test('a stack starts in order and stops in the reverse order', async () => {
  const events: string[] = [];
  const stack = temporary.track(
    createStack({
      parts: [
        servicePart('first'),
        { kind: 'task', name: 'task', run: async (writeLine) => writeLine('done') },
        servicePart('second'),
      ],
      writeLine: (source, line) =>
        events.push(`${source} ${line.includes('started') ? 'started' : line}`),
      reporter: 'test',
    }),
  );
  await stack.start();
  await waitFor(() => events.filter((event) => event.endsWith('started')).length === 2);
  const pids = [...stack.listPids().values()];
  expect([...stack.listPids().keys()]).toEqual(['first', 'second']);
  await stack.stop();
  expect(pids.filter(isRunning)).toEqual([]);
  expect(events.slice(-2)).toEqual(['second stopping', 'first stopping']);
  expect(events.indexOf('task done')).toBeLessThan(events.indexOf('second started'));
});
