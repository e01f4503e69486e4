import type { QueueLosses } from './heartbeat-queue.ts';
import type { Tally } from './tally.ts';

/** How the whole fleet stands at a moment. */
export interface FleetSnapshot {
  devices: number;
  online: number;
  /** In the devices' queues or on their way. */
  queued: number;
  losses: QueueLosses;
  elapsedSeconds: number;
  tally: Tally;
}

export interface TargetResult {
  name: string;
  limit: number;
  value: number;
  met: boolean;
}

/**
 * What a simulation came to. Each heartbeat that was taken is in exactly one of accepted, rejected,
 * queued, coalesced, overflowed and expired.
 */
export interface SimulationSummary {
  devices: number;
  seed: number;
  duration_seconds: number;
  taken: number;
  requests: number;
  accepted: number;
  /** Of the accepted ones, those that waited in a device's queue. */
  replayed: number;
  rejected: number;
  queued: number;
  coalesced: number;
  overflowed: number;
  expired: number;
  registered_anew: number;
  deleted_devices: number;
  locked_out_devices: number;
  accepted_per_second: number;
  errors: Record<string, number>;
  latency_ms: { p50: number; p95: number; p99: number; max: number } | null;
  targets: TargetResult[];
  /** Whether every target was met; true when nothing was sent. */
  ok: boolean;
}

const TARGET_P95_MS = 150;
const TARGET_P99_MS = 300;
const TARGET_ERROR_PERCENT = 0.5;

export function summarize(snapshot: FleetSnapshot, seed: number): SimulationSummary {
  const { tally, losses, elapsedSeconds } = snapshot;
  const targets = judge(tally);
  return {
    devices: snapshot.devices,
    seed,
    duration_seconds: round(elapsedSeconds),
    taken: tally.taken,
    requests: tally.requests,
    accepted: tally.accepted,
    replayed: tally.replayed,
    rejected: tally.rejected,
    queued: snapshot.queued,
    ...losses,
    registered_anew: tally.reRegistered,
    deleted_devices: tally.deleted,
    locked_out_devices: tally.lockedOut,
    accepted_per_second: round(tally.accepted / Math.max(elapsedSeconds, 0.001)),
    errors: Object.fromEntries([...tally.errors].sort(([, a], [, b]) => b - a)),
    latency_ms: latencyOf(tally),
    targets,
    ok: targets.every((target) => target.met),
  };
}

function judge(tally: Tally): TargetResult[] {
  if (tally.requests === 0) return [];
  const latency = latencyOf(tally);
  return [
    ...(latency === null
      ? []
      : [
          target('p95 ms', latency.p95, TARGET_P95_MS),
          target('p99 ms', latency.p99, TARGET_P99_MS),
        ]),
    target('errors %', round((100 * tally.errorCount) / tally.requests), TARGET_ERROR_PERCENT),
    // A device that lost its credentials has to be enrolled by hand: none may.
    { ...target('devices locked out', tally.lockedOut, 0), met: tally.lockedOut === 0 },
  ];
}

function target(name: string, value: number, limit: number): TargetResult {
  return { name, limit, value, met: value < limit };
}

function latencyOf({ latency }: Tally): SimulationSummary['latency_ms'] {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => latency.quantile(share));
  if (p50 === null || p50 === undefined) return null;
  return { p50: round(p50), p95: round(p95 ?? 0), p99: round(p99 ?? 0), max: round(latency.maxMs) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
