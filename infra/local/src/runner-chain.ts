import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readStat } from './process-table.ts';

const RUNNERS = new Set(['npm', 'npx', 'pnpm', 'pnpx', 'corepack']);
const SHELLS = new Set(['sh', 'dash', 'bash', 'ash', 'busybox', 'zsh']);

const SETTLE_MS = 3_000;

interface Link {
  readonly pid: number;
  readonly parentPid: number;
  readonly startTime: string;
  readonly kind: 'runner' | 'shell';
  readonly wakeUps: number;
}

function readArguments(pid: number): string[] {
  try {
    // A program that changes its title leaves one text: "npm exec pnpm start".
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/);
  } catch {
    return [];
  }
}

function classify(pid: number): Link['kind'] | undefined {
  const [first = '', second = ''] = readArguments(pid).map((word) => path.basename(word));
  if (SHELLS.has(first)) return 'shell';
  const program = first === 'node' || first === 'nodejs' ? second : first;
  return RUNNERS.has(program.replace(/(-cli)?(\.[cm]?js)?$/, '')) ? 'runner' : undefined;
}

/** How often a process has run again after it had been waiting. */
function readWakeUps(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function readLink(pid: number): Link | undefined {
  const stat = readStat(pid);
  const kind = classify(pid);
  if (!stat || !kind || stat.state === 'Z') return undefined;
  const { parentPid, startTime } = stat;
  return { pid, parentPid, startTime, kind, wakeUps: readWakeUps(pid) };
}

/**
 * The programs that started us, nearest first: in `npx pnpm start` a shell, pnpm, another shell and
 * npx. It ends with the outermost package runner: a shell above that one is the user's, and ours to
 * survive (`npx pnpm start &`).
 */
function readChain(parentPid: number): Link[] {
  const links: Link[] = [];
  for (let link = readLink(parentPid); link; link = readLink(link.parentPid)) links.push(link);
  return links.slice(0, links.findLastIndex((link) => link.kind === 'runner') + 1);
}

/**
 * Tells whether what started us has gone or was told to stop, which may never reach us as a signal:
 *
 * - A runner that is ended does not take along what it started; its child gets another parent.
 * - npx passes SIGINT on to the shell between itself and pnpm, and that shell (dash) keeps it to
 *   itself until pnpm has ended. All that shows is that this shell, which only waits, has woken up
 *   for a moment. Whatever wakes every process (a suspended machine, Ctrl-Z and `fg`) wakes the
 *   shell nearest to us as well, if a moment later, and so is told apart.
 *
 * Where there is no /proc, only the nearest parent is watched.
 *
 * @returns to be asked again and again
 */
export function watchRunnerChain(): () => boolean {
  const parentPid = process.ppid;
  const links = readChain(parentPid);
  const [nearest] = links;
  const shells = links.filter((link) => link.kind === 'shell' && link !== nearest);
  let wakeUps = new Map<number, number>();
  let suspicious = false;
  let quietUntil = 0;
  // A suspended job that goes on, or a resized terminal, wakes each of them in its own time.
  const expectWakeUps = () => {
    quietUntil = performance.now() + SETTLE_MS;
  };
  process.on('SIGCONT', expectWakeUps);
  process.on('SIGWINCH', expectWakeUps);
  const hasWoken = (link: Link): boolean =>
    readWakeUps(link.pid) !== (wakeUps.get(link.pid) ?? link.wakeUps);
  return () => {
    if (process.ppid !== parentPid || links.some(isBroken)) return true;
    if (!nearest || !shells.some(hasWoken)) return false;
    if (hasWoken(nearest) || performance.now() < quietUntil) {
      wakeUps = new Map(links.map(({ pid }) => [pid, readWakeUps(pid)]));
      suspicious = false;
      return false;
    }
    const confirmed = suspicious;
    suspicious = true;
    return confirmed;
  };
}

/** Gone, or handed to another parent. Who started the outermost one may go at any time. */
function isBroken(link: Link, index: number, links: readonly Link[]): boolean {
  const stat = readStat(link.pid);
  if (stat?.startTime !== link.startTime || stat.state === 'Z') return true;
  return index < links.length - 1 && stat.parentPid !== link.parentPid;
}
