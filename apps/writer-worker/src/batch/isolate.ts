import type { HeartbeatRecord } from '@nexmdm/contracts';

/** A heartbeat that the database refuses, and why. */
export interface Poison {
  record: HeartbeatRecord;
  error: unknown;
}

/**
 * Writes a batch that was refused, half by half, until only the heartbeats that are to blame are
 * left. Everything else is stored.
 *
 * @param write stores records; throws what `isPoison` knows when one of them is to blame
 */
export async function isolatePoison(
  records: readonly HeartbeatRecord[],
  write: (records: readonly HeartbeatRecord[]) => Promise<unknown>,
  isPoison: (error: unknown) => boolean,
): Promise<Poison[]> {
  try {
    await write(records);
    return [];
  } catch (error) {
    if (!isPoison(error)) throw error;
    const [only] = records;
    if (only === undefined) return [];
    if (records.length === 1) return [{ record: only, error }];
  }
  const middle = Math.ceil(records.length / 2);
  return [
    ...(await isolatePoison(records.slice(0, middle), write, isPoison)),
    ...(await isolatePoison(records.slice(middle), write, isPoison)),
  ];
}
