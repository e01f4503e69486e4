import { decodeRecords } from './codec.ts';
import type { DeadLetter } from './dead-letters.ts';

/**
 * How many heartbeats a dead letter would put back into the streams.
 *
 * @throws UndecodableEntryError when it can't be read
 */
export function countDeadLetterHeartbeats({ version, payload }: DeadLetter): number {
  return decodeRecords(version, payload).length;
}
