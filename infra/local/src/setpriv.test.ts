import path from 'node:path';
import { expect, test } from '@jest/globals';
import { useTemporary, waitFor } from '../test/temporary.ts';
import { isRunning, listChildren, sendSignal, waitUntilGone } from './process-table.ts';
import { spawnProcess } from './processes.ts';
import { findSetpriv, withPrivileges } from './setpriv.ts';

const temporary = useTemporary();

test('servers end with the process that started them, where setpriv can arrange it', async () => {
  const lines: string[] = [];
  const starter = await spawnProcess({
    command: process.execPath,
    args: [
      path.resolve('test/fixtures/servers.ts'),
      temporary.folder(),
      path.resolve('../../.nexmdm/tools'),
    ],
    onLine: (line) => lines.push(line),
  });
  const ready = await waitFor(() => lines.find((line) => line.startsWith('{')), 25_000);
  const { pids } = JSON.parse(ready) as { pids: number[] };
  const family = [...pids, ...pids.flatMap(listChildren)];
  temporary.track({
    async kill() {
      for (const pid of family) if (isRunning(pid)) sendSignal(pid, 'SIGKILL');
    },
  });
  sendSignal(starter.pid, 'SIGKILL');
  await starter.exited;
  const end = findSetpriv() === undefined ? 'still running' : 'gone';
  expect((await waitUntilGone(family, 10_000)) ? 'gone' : 'still running').toBe(end);
});

test('an account that may pass closed folders gets that one capability and no other group', () => {
  const runAs = { name: 'nobody', uid: 65_534, gid: 65_534 };
  const privileges = { runAs, passClosedFolders: true, deathSignal: 'INT' } as const;
  expect(withPrivileges('/bin/server', ['-D', 'data'], privileges, '/usr/bin/setpriv')).toEqual({
    command: '/usr/bin/setpriv',
    args: [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      '--securebits=+no_setuid_fixup,+no_setuid_fixup_locked',
      '--pdeathsig=INT',
      '--',
      '/bin/server',
      '-D',
      'data',
    ],
  });
});
