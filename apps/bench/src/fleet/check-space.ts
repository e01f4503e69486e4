import { statfs } from 'node:fs/promises';
import { BenchError } from '../bench-error.ts';
import type { FleetPlan } from './fleet-plan.ts';

/** Measured: a stored heartbeat takes 207 bytes with its index; the log is written beside it. */
const BYTES_PER_HEARTBEAT = 230;
const LOG_BYTES_MAX = 8 * 1024 ** 3;
const BESIDES_BYTES = 512 * 1024 ** 2;

/** @throws BenchError when the folder hasn't got the room that the fleet needs */
export async function checkSpace(folder: string, plan: FleetPlan): Promise<void> {
  const { devices, days, intervalSeconds } = plan;
  const history = ((devices * days * 86_400) / intervalSeconds) * BYTES_PER_HEARTBEAT;
  const needed = history + Math.min(history, LOG_BYTES_MAX) + BESIDES_BYTES;
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  throw new BenchError(
    `This fleet needs about ${gigabytes(needed)}, and ${folder} has ${gigabytes(free)} left. ` +
      'Ask for fewer devices or days or a longer interval, or name another place with --folder.',
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
