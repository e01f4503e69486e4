import { readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { useTemporary, waitFor } from '../test/temporary.ts';
import { isRunning, listChildren, sendSignal, waitUntilGone } from './process-table.ts';
import { spawnProcess } from './processes.ts';

const temporary = useTemporary();
const GONE_MS = 15_000;
const launcher = path.resolve('test/fixtures/launcher.ts');

interface Launched {
  readonly dataDir: string;
  readonly lines: string[];
  readonly pid: number;
  readonly exited: Promise<unknown>;
  /** Of the launcher and its parts. */
  listPids(): number[];
}

const pidIn = (line: string, key: 'pid' | 'launcher'): number | undefined =>
  (JSON.parse(/\{.*\}/.exec(line)?.[0] ?? '{}') as Partial<Record<typeof key, number>>)[key];

async function launch(
  command: string = process.execPath,
  args: readonly string[] = [launcher],
  dataDir = temporary.folder(),
): Promise<Launched> {
  const lines: string[] = [];
  const spawned = await spawnProcess({
    command,
    args: [...args, dataDir],
    onLine: (line) => lines.push(line),
  });
  const listPids = (): number[] =>
    lines
      .map((line) => pidIn(line, 'launcher') ?? pidIn(line, 'pid'))
      .filter((pid) => pid !== undefined);
  temporary.track({
    async kill() {
      for (const pid of [spawned.pid, ...listPids()]) {
        if (isRunning(pid)) sendSignal(pid, 'SIGKILL');
      }
      await spawned.exited;
    },
  });
  return { dataDir, lines, pid: spawned.pid, exited: spawned.exited, listPids };
}

/** Ready, with both parts known by their pids. */
const waitUntilUp = (launched: Launched) => waitFor(() => launched.listPids().length === 3);

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s stops the parts in the reverse order and exits with 0',
  async (signal) => {
    const launched = await launch();
    await waitUntilUp(launched);
    sendSignal(launched.pid, signal);
    expect(await launched.exited).toEqual({ code: 0, signal: null });
    expect(launched.listPids().filter(isRunning)).toEqual([]);
    const stops = launched.lines.filter((line) => line.endsWith('| stopping'));
    expect(stops).toEqual(['second  | stopping', 'first   | stopping']);
    expect(readdirSync(launched.dataDir)).toEqual([]);
  },
);

test('a launcher that is killed takes its parts along, and the next one starts', async () => {
  const launched = await launch();
  await waitUntilUp(launched);
  sendSignal(launched.pid, 'SIGKILL');
  expect(await waitUntilGone(launched.listPids(), GONE_MS)).toBe(true);
  const next = await launch(process.execPath, [launcher], launched.dataDir);
  await waitUntilUp(next);
});

test('a second launcher on the same data folder is refused with one message', async () => {
  const launched = await launch();
  await waitUntilUp(launched);
  const second = await launch(process.execPath, [launcher], launched.dataDir);
  expect(await second.exited).toEqual({ code: 1, signal: null });
  await waitFor(() => second.lines.length > 0);
  expect(second.lines).toEqual([
    `NexMDM is already running with the data folder ${launched.dataDir} (pid ${launched.pid}). ` +
      'Stop it first, or name another folder with NEXMDM_DATA_DIR and other ports.',
  ]);
  expect(launched.listPids().every(isRunning)).toBe(true);
});

test('the pid of a launcher that is gone, or is another program by now, does not matter', async () => {
  const dataDir = temporary.folder();
  writeFileSync(path.join(dataDir, 'launcher.pid'), `${process.pid} 1`);
  await waitUntilUp(await launch(process.execPath, [launcher], dataDir));
});

test('a data folder that is a file is refused', async () => {
  const dataDir = path.join(temporary.folder(), 'file');
  writeFileSync(dataDir, '');
  const launched = await launch(process.execPath, [launcher], dataDir);
  expect(await launched.exited).toEqual({ code: 1, signal: null });
  await waitFor(() => launched.lines.length > 0);
  expect(launched.lines).toHaveLength(1);
  expect(launched.lines[0]).toContain(`The data folder ${dataDir} can't be used`);
});

// As `npx pnpm start` does: npx, a shell that waits, pnpm, a shell that waits, the launcher.
test.each([
  { target: 'npx', signal: 'SIGINT' },
  { target: 'npx', signal: 'SIGTERM' },
  { target: 'npx', signal: 'SIGKILL' },
  { target: 'pnpm', signal: 'SIGINT' },
  { target: 'pnpm', signal: 'SIGTERM' },
  { target: 'pnpm', signal: 'SIGKILL' },
] as const)('$signal to $target alone stops everything', async ({ target, signal }) => {
  const bin = temporary.folder();
  for (const name of ['npx', 'pnpm']) {
    symlinkSync(path.resolve('test/fixtures/runner.js'), path.join(bin, name));
  }
  const node = process.execPath;
  const inner = `trap : INT; '${node}' '${launcher}' "$0"; exit $?`;
  const outer = `echo "{\\"pid\\": $$}"; '${node}' '${bin}/pnpm' sh -c '${inner.replaceAll("'", `'\\''`)}' "$0"; exit $?`;
  const launched = await launch(node, [path.join(bin, 'npx'), 'sh', '-c', outer]);
  await waitFor(() => launched.listPids().length === 4);
  const shell = launched.listPids()[0] ?? 0;
  const pnpm = await waitFor(() => listChildren(shell)[0]);
  sendSignal(target === 'npx' ? launched.pid : pnpm, signal);
  expect(await waitUntilGone([...launched.listPids(), pnpm, launched.pid], GONE_MS)).toBe(true);
});
