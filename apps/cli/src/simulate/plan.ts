import { MAX_BATCH_HEARTBEATS } from '@nexmdm/contracts';
import { createRandom } from './random.ts';
import type { AgentBehaviour } from './simulated-agent.ts';

/** How a fleet behaves. */
export interface FleetPlan {
  devices: number;
  intervalSeconds: number;
  /** How far the interval of a device is from that, as a share of it. */
  jitter: number;
  /** Heartbeats per second of the whole fleet, evenly spread; stands for interval and jitter. */
  ratePerSecond: number | undefined;
  /** The share of devices that lose their network now and then. */
  offlineShare: number;
  maxClockErrorSeconds: number;
  /** Whether a queue is replayed with one request. */
  batchReplay: boolean;
  seed: number;
}

/** Everybody reports once within this time, so that a fleet that just started is seen soon. */
const FIRST_WITHIN_MS = 5_000;
const LEAST_FIRST_GAP = 0.1;

/** @param startAt on the timeline, in milliseconds */
export function planBehaviour(
  plan: FleetPlan,
  index: number,
  startAt: number,
): AgentBehaviour & { clockErrorMs: number } {
  const random = createRandom(plan.seed, index, 'plan');
  const maxClockErrorMs = plan.maxClockErrorSeconds * 1_000;
  return {
    ...planTimes(plan, index, startAt),
    losesNetwork: isChosen(index, plan.offlineShare),
    replayAtOnce: plan.batchReplay ? MAX_BATCH_HEARTBEATS : 1,
    clockErrorMs: Math.round(random.between(-maxClockErrorMs, maxClockErrorMs)),
  };
}

function planTimes(
  { devices, intervalSeconds, jitter, ratePerSecond, seed }: FleetPlan,
  index: number,
  startAt: number,
): Pick<AgentBehaviour, 'intervalMs' | 'firstAt' | 'firstGapMs'> {
  if (ratePerSecond !== undefined) {
    const intervalMs = (devices * 1_000) / ratePerSecond;
    const firstAt = startAt + (index * 1_000) / ratePerSecond;
    return { intervalMs, firstAt, firstGapMs: intervalMs };
  }
  const random = createRandom(seed, index, 'times');
  const intervalMs = intervalSeconds * 1_000 * (1 + random.between(-jitter, jitter));
  const firstWithinMs = Math.min(FIRST_WITHIN_MS, intervalSeconds * 1_000);
  return {
    intervalMs,
    firstAt: startAt + random.between(0, 0.95) * firstWithinMs,
    // From the second on the fleet is spread over the whole interval.
    firstGapMs: intervalMs * random.between(LEAST_FIRST_GAP, 1),
  };
}

/** Chooses exactly the given share of any run of devices, evenly spread. */
function isChosen(index: number, share: number): boolean {
  return Math.floor((index + 1) * share) > Math.floor(index * share);
}
