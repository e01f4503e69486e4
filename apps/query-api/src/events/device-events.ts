import { MAX_EVENT_DEVICES } from '@nexmdm/contracts';
import type { DeviceRow } from '@nexmdm/db';
import type { Changes } from '@nexmdm/stream';
import { ChangedDevices } from './changed-devices.ts';

export interface DeviceEventsOptions {
  /** Whether anybody listens; else changes are forgotten. */
  isWanted: () => boolean;
  /** Those of the devices that exist. */
  listDevicesById: (ids: readonly string[]) => Promise<DeviceRow[]>;
  /** Sends the event; resolves when that is done. */
  send: (event: DevicesEvent) => Promise<void>;
  /** The devices can't be read; they are tried again. */
  onFailure: (error: unknown) => void;
}

/** The data of an event `devices`, as `devicesEventSchema` describes it once it is JSON. */
export interface DevicesEvent {
  changed: number;
  truncated: boolean;
  devices: readonly DeviceRow[];
  removed: readonly string[];
}

const INTERVAL_MS = 1_000;

/** Makes one event a second at most of the devices that change, with one read for all clients. */
export class DeviceEvents {
  readonly #options: DeviceEventsOptions;
  readonly #changed = new ChangedDevices();
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #lastAt = -Infinity;

  constructor(options: DeviceEventsOptions) {
    this.#options = options;
  }

  add(changes: Changes): void {
    if (!this.#options.isWanted()) return;
    this.#changed.add(changes);
    this.#schedule();
  }

  /** Forgets what was not sent yet. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#changed.clear();
  }

  #schedule(): void {
    if (this.#busy || this.#timer !== undefined || this.#changed.empty) return;
    const waitMs = Math.max(0, this.#lastAt + INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, waitMs);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    this.#lastAt = performance.now();
    const taken = this.#changed.take();
    const ids = taken.ids.slice(0, MAX_EVENT_DEVICES);
    try {
      const devices = await this.#options.listDevicesById(ids);
      const there = new Set(devices.map(({ id }) => id));
      await this.#options.send({
        changed: taken.changed,
        truncated: taken.changed > ids.length,
        devices,
        removed: ids.filter((id) => !there.has(id)),
      });
    } catch (error) {
      this.#options.onFailure(error);
      this.add(taken);
    }
    this.#busy = false;
    this.#schedule();
  }
}
