import { hash } from 'node:crypto';
import type { HeartbeatRecord } from '@nexmdm/contracts';
import type { FactsUpdate } from '@nexmdm/db';
import { LRUCache } from 'lru-cache';

const MAX_DEVICES = 1_000_000;
/**
 * After this time a device's facts are compared with the database once more: another writer may
 * have stored others in between.
 */
const TRUST_MS = 10 * 60_000;

/** Remembers which facts of each device are stored, so that only changed ones go to the database. */
export class ChangedFacts {
  readonly #stored = new LRUCache<string, string>({ max: MAX_DEVICES, ttl: TRUST_MS });

  /** The newest facts of each device, where they aren't known to be stored. */
  select(records: readonly HeartbeatRecord[]): FactsUpdate[] {
    const newest = new Map<string, HeartbeatRecord>();
    for (const record of records) {
      const known = newest.get(record.device_id);
      if (known === undefined || record.event_at >= known.event_at) {
        newest.set(record.device_id, record);
      }
    }
    const updates: FactsUpdate[] = [];
    for (const { device_id, event_at, facts } of newest.values()) {
      const facts_hash = hash('sha1', JSON.stringify(facts), 'base64url');
      if (this.#stored.get(device_id) !== facts_hash) {
        updates.push({ device_id, event_at, facts, facts_hash });
      }
    }
    return updates;
  }

  /** Call it once they are committed. */
  remember(updates: readonly FactsUpdate[]): void {
    for (const { device_id, facts_hash } of updates) this.#stored.set(device_id, facts_hash);
  }
}
