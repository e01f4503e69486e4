/** A UTC day, `YYYY-MM-DD`. */
export type Day = string;

export const DAY_MS = 86_400_000;

export function dayOf(epochMs: number): Day {
  return new Date(epochMs).toISOString().slice(0, 10);
}

export function startOfDay(day: Day): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

export function addDays(day: Day, days: number): Day {
  return dayOf(startOfDay(day).getTime() + days * DAY_MS);
}

/** `2026-11-23` -> `device_heartbeats_20261123`. */
export function partitionName(day: Day): string {
  return `device_heartbeats_${day.replaceAll('-', '')}`;
}
