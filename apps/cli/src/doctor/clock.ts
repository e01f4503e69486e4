import { findingsOf, type Finding } from './finding.ts';

const MAX_DIFFERENCE_MS = 2_000;

/**
 * Compares a server's clock with this machine's. When the server read its clock between the two
 * moments isn't known, so half of the time between them is in doubt.
 */
export async function checkClock(area: string, readClock: () => Promise<number>): Promise<Finding> {
  const { ok, warn } = findingsOf(area);
  const before = Date.now();
  const clock = await readClock();
  const after = Date.now();
  const doubtMs = (after - before) / 2;
  const differenceMs = Math.round(clock - (before + doubtMs));
  const seconds = (Math.abs(differenceMs) / 1_000).toFixed(1);
  if (Math.abs(differenceMs) - doubtMs <= MAX_DIFFERENCE_MS) {
    return ok('clock', `${seconds} s from this machine's`);
  }
  return warn(
    'clock',
    `${seconds} s ${differenceMs > 0 ? 'ahead of' : 'behind'} this machine's, which shifts what counts as online`,
    'let NTP set the clocks of both machines (timedatectl set-ntp true)',
  );
}
