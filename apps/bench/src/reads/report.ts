import type { Latencies } from '../latencies.ts';
import type { FastMeasurement, LegacyMeasurement } from './measure.ts';
import type { Question } from './questions.ts';

export const FAST_P95_MS = 20;

export interface ReadResult {
  query: string;
  request: string;
  fast: Latencies;
  /** Fast p50 / floor. */
  times_floor: number;
  legacy: Latencies | null;
  /** Why there are not as many legacy answers as there should be. */
  legacy_error: string | null;
  /** Legacy p50 / fast p95. */
  speedup: number | null;
  /** How many different answers were compared, and the paths of those that differed. */
  compared: number;
  differing: string[];
  targets: { target: string; met: boolean }[];
}

export interface ReadsReport {
  fleet: {
    devices: number;
    days: number;
    interval_seconds: number;
    seed: number;
    heartbeats: number;
    database_bytes: number;
  };
  machine: {
    cpus: number;
    memory_bytes: number;
    /** Processes that wanted a CPU before the run, over a minute. */
    load_before: number;
    node: string;
    postgres: string;
  };
  /** The least that an answer with one statement takes here: an empty answer and an empty statement. */
  floor: { livez: Latencies; select_1: Latencies; p50_ms: number };
  results: ReadResult[];
  /** Whether a missed target is a failure. */
  judged: boolean;
  /** Both ways agree, and every target that counts is met. */
  passed: boolean;
}

export function resultOf(
  question: Question,
  { latencies: fast, answers }: FastMeasurement,
  legacy: LegacyMeasurement | undefined,
  floorMs: number,
): ReadResult {
  const { query, request, minSpeedup } = question;
  const slow = legacy?.latencies ?? null;
  const speedup = slow === null ? null : round(slow.p50_ms / fast.p95_ms);
  const targets = [
    { target: `fast p95 < ${FAST_P95_MS} ms`, met: fast.p95_ms < FAST_P95_MS },
    ...(minSpeedup === undefined
      ? []
      : [{ target: `speedup >= ${minSpeedup}`, met: speedup !== null && speedup >= minSpeedup }]),
  ];
  return {
    query,
    request,
    fast,
    times_floor: round(fast.p50_ms / floorMs),
    legacy: slow,
    legacy_error: legacy?.error ?? null,
    speedup,
    compared: slow === null ? 0 : Math.min(answers.size, slow.requests),
    differing: legacy?.differing ?? [],
    targets,
  };
}

/** Whether nothing but, perhaps, targets speaks against the run. */
export function answersAgree(results: readonly ReadResult[]): boolean {
  return results.every((one) => one.differing.length === 0 && one.legacy_error === null);
}

export function targetsMet(results: readonly ReadResult[]): boolean {
  return results.every(({ targets }) => targets.every(({ met }) => met));
}

function round(ratio: number): number {
  return Math.round(ratio * 10) / 10;
}
