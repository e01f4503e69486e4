import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './start-error.ts';

const POLL_MS = 20;

interface ProcessStat {
  readonly state: string;
  readonly parentPid: number;
  /** Clock ticks after boot; together with the pid it names a process for good. */
  readonly startTime: string;
}

/** What Linux knows about a process; undefined when it is gone or the system has no /proc. */
export function readStat(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parentPid: Number(fields[1]), startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** A zombie does not count: where nobody reaps orphans it would seem to run for ever. */
export function isRunning(pid: number): boolean {
  if (process.platform === 'linux') {
    const stat = readStat(pid);
    return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function listPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** Linux only; elsewhere empty. */
export const listChildren = (pid: number): number[] =>
  listPids().filter((candidate) => readStat(candidate)?.parentPid === pid);

/**
 * The servers whose working folder is `dir` (a real path). PostgreSQL and Redis both work in their
 * data folder, so this finds a server that has it open even when its pid file is gone, and tells it
 * from a stranger that got the same pid. Linux only; elsewhere empty.
 *
 * @param names of the programs: a shell may well stand in the same folder
 */
export function listServersIn(dir: string, names: readonly string[]): number[] {
  return listPids().filter((pid) => {
    try {
      return (
        readlinkSync(`/proc/${pid}/cwd`) === dir &&
        names.includes(readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) &&
        isRunning(pid)
      );
    } catch {
      return false;
    }
  });
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** True when all are gone within the time. */
export async function waitUntilGone(pids: readonly number[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (pids.some(isRunning)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}
