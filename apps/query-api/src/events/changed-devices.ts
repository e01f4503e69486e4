import type { Changes } from '@nexmdm/stream';

/** Up to so many devices are told apart; of more, each report counts. */
const MAX_DISTINCT = 10_000;

/** The devices that changed since the last event. */
export class ChangedDevices {
  #ids = new Set<string>();
  #beyond = 0;

  get empty(): boolean {
    return this.#ids.size === 0 && this.#beyond === 0;
  }

  add({ changed, ids }: Changes): void {
    for (const id of ids) {
      if (this.#ids.size < MAX_DISTINCT) this.#ids.add(id);
      else if (!this.#ids.has(id)) this.#beyond += 1;
    }
    this.#beyond += changed - ids.length;
  }

  /** All of them; from then on it is empty. */
  take(): Changes {
    const taken = { changed: this.#ids.size + this.#beyond, ids: [...this.#ids] };
    this.clear();
    return taken;
  }

  clear(): void {
    this.#ids = new Set();
    this.#beyond = 0;
  }
}
