import { LatencyHistogram } from './latency-histogram.ts';

/** What happened so far, over all devices. */
export class Tally {
  /** Heartbeats that devices took, sent or not. */
  taken = 0;
  /** Requests, failed ones and repeated ones too. */
  requests = 0;
  /** Heartbeats that the server acknowledged. */
  accepted = 0;
  /** Of those, the ones that came out of a device's queue. */
  replayed = 0;
  /** Heartbeats that the server will never take. */
  rejected = 0;
  reRegistered = 0;
  /** Devices that somebody deleted at the server while they were simulated. */
  deleted = 0;
  /** Devices that threw their credentials away after five 401 in a row. */
  lockedOut = 0;
  readonly errors = new Map<string, number>();
  /** From the moment a request was due to its acknowledgement. */
  readonly latency = new LatencyHistogram();

  countError(kind: string, times = 1): void {
    this.errors.set(kind, (this.errors.get(kind) ?? 0) + times);
  }

  get errorCount(): number {
    return [...this.errors.values()].reduce((sum, count) => sum + count, 0);
  }
}
