import { BUCKET_MS, type ImportedHeartbeat, type SourceHeartbeat } from '@nexmdm/db';
import { storableState } from './storable.ts';

const US_PER_MS = 1_000;

/** Picks the first heartbeat of each device and 10 s from those of a day, sorted by device and time. */
export class BucketFilter {
  readonly #devices: ReadonlySet<string>;
  readonly #latestMs: number;
  #last: { device: string; ts: number } | undefined;
  #sameBucket = 0;
  #inFuture = 0;
  #leftOut = 0;

  /**
   * @param devices those that heartbeats are wanted of
   * @param latestMs later ones can't be, ms since the epoch
   */
  constructor(devices: ReadonlySet<string>, latestMs: number) {
    this.#devices = devices;
    this.#latestMs = latestMs;
  }

  take(rows: readonly SourceHeartbeat[]): ImportedHeartbeat[] {
    const taken: ImportedHeartbeat[] = [];
    for (const row of rows) {
      const device = row.device_id.toLowerCase();
      const atMs = Math.floor(row.ts_us / US_PER_MS);
      const ts = Math.floor(atMs / BUCKET_MS) * BUCKET_MS;
      if (!this.#devices.has(device)) {
        this.#leftOut += 1;
      } else if (atMs > this.#latestMs) {
        this.#inFuture += 1;
      } else if (this.#last?.device === device && this.#last.ts === ts) {
        this.#sameBucket += 1;
      } else {
        this.#last = { device, ts };
        taken.push({
          device_id: device,
          ts,
          ts_offset_ms: atMs - ts,
          received_at_us: row.ts_us,
          ...storableState(row as unknown as Record<string, unknown>),
        });
      }
    }
    return taken;
  }

  /** How many were left out since the last call, and why. */
  takeCounts(): { same_bucket: number; in_future: number; left_out: number } {
    const counts = {
      same_bucket: this.#sameBucket,
      in_future: this.#inFuture,
      left_out: this.#leftOut,
    };
    this.#sameBucket = 0;
    this.#inFuture = 0;
    this.#leftOut = 0;
    return counts;
  }
}
