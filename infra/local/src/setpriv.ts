import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { SpawnOptions } from './processes.ts';

const LOCATIONS = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/local/bin/setpriv'];

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The path of util-linux' setpriv. The one of BusyBox does not count, it knows nothing of
 * `--pdeathsig`; a container may also forbid what it does, hence the trial.
 */
export function findSetpriv(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return LOCATIONS.find(
    (location) =>
      existsSync(location) &&
      spawnSync(location, ['--pdeathsig=INT', '--', '/bin/sh', '-c', ':'], { stdio: 'ignore' })
        .status === 0,
  );
}

export interface Privileges {
  /** Sent to the process when we die, even by `kill -9`: no server outlives its launcher. */
  readonly deathSignal?: 'INT' | 'TERM';
  readonly runAs?: Account | undefined;
  /** Lets a `runAs` account pass folders that are closed to it. */
  readonly passClosedFolders?: boolean;
}

type Command = Pick<SpawnOptions, 'command' | 'args' | 'uid' | 'gid'>;

/**
 * The same command under other privileges. setpriv replaces itself by the command, so the pid is
 * the command's own. Without setpriv only the change of account is left.
 */
export function withPrivileges(
  command: string,
  args: readonly string[],
  { deathSignal, runAs, passClosedFolders }: Privileges,
  setpriv = findSetpriv(),
): Command {
  if (setpriv === undefined) {
    return { command, args, ...(runAs && { uid: runAs.uid, gid: runAs.gid }) };
  }
  const options: string[] = [];
  if (runAs) {
    options.push(`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, '--clear-groups');
    if (passClosedFolders) {
      options.push(
        '--inh-caps=+dac_override',
        '--ambient-caps=+dac_override',
        // access(2), with which PostgreSQL looks for its own binaries, ignores the capabilities of
        // every account but root unless this bit is set.
        '--securebits=+no_setuid_fixup,+no_setuid_fixup_locked',
      );
    }
  }
  if (deathSignal) options.push(`--pdeathsig=${deathSignal}`);
  return { command: setpriv, args: [...options, '--', command, ...args] };
}
