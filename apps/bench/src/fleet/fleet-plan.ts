import { addDays, DAY_MS, dayOf, startOfDay, type Day } from '@nexmdm/db';
import { BenchError } from '../bench-error.ts';

export interface FleetOptions {
  devices: number;
  /** How far the history goes back. */
  days: number;
  /** Between the heartbeats of a device. */
  intervalSeconds: number;
  /** Another seed makes another fleet of the same kind. */
  seed: number;
}

/** A fleet and its history, down to the times. */
export interface FleetPlan extends FleetOptions {
  /** No heartbeat comes after it. */
  newest: Date;
  /** None comes before it. */
  oldest: Date;
  /** The days that the history touches. */
  historyDays: readonly Day[];
  /** What the services take for the interval: online means seen within three of them. */
  serviceIntervalSeconds: number;
  /**
   * Offline devices were last seen so many hours before `newest`: in one of these ranges, which keep
   * clear of the moments at which a device goes offline and a day is over.
   */
  offlineHours: { recent: Range; long: Range };
}

type Range = readonly [from: number, to: number];

/** So that nothing lies in the future, whatever the delay of its arrival. */
const BEFORE_NOW_MS = 30_000;
const HOUR_S = 3_600;
const BUCKET_S = 10;

/** @throws BenchError when heartbeats would fall between the buckets of the history */
export function planFleet(options: FleetOptions, nowMs: number): FleetPlan {
  const { days, intervalSeconds } = options;
  if (intervalSeconds % BUCKET_S !== 0) {
    throw new BenchError('The interval must be a multiple of 10 seconds.');
  }
  const newest = new Date(Math.floor((nowMs - BEFORE_NOW_MS) / 10_000) * 10_000);
  const oldest = new Date(newest.getTime() - days * DAY_MS);
  const historyDays: Day[] = [];
  for (let day = dayOf(oldest.getTime()); startOfDay(day) <= newest; day = addDays(day, 1)) {
    historyDays.push(day);
  }
  // The run itself takes a while, in which nobody reports.
  const serviceIntervalSeconds = Math.max(intervalSeconds, HOUR_S);
  const offlineAfter = (4 * serviceIntervalSeconds) / HOUR_S;
  const long: Range = [Math.max(28, offlineAfter), 24 * days - 12];
  const recent: Range = [offlineAfter, 20];
  return {
    ...options,
    newest,
    oldest,
    historyDays,
    serviceIntervalSeconds,
    offlineHours: { long, recent: recent[0] < recent[1] ? recent : long },
  };
}
