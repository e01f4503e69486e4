import { encodeChanges, MAX_MESSAGE_IDS } from './change-message.ts';

export interface ChangeFeedOptions {
  /** Hands a message to whoever listens. May fail; must bound its own time. */
  publish: (message: string) => Promise<unknown>;
  /** A message was lost. */
  onDropped: () => void;
  /** At most one message in this time. */
  intervalMs?: number;
}

const INTERVAL_MS = 250;
/** Up to so many devices are told apart; of more, each report counts. */
const MAX_DISTINCT = 10_000;

/**
 * Tells whoever listens which devices have changed: what comes in within a moment goes out together.
 *
 * It is for eyes only: adding to it never waits and never fails, what can't be published is lost, and
 * with one message under way at most, a slow Redis makes the messages fewer and not longer.
 */
export class ChangeFeed {
  readonly #publish: (message: string) => Promise<unknown>;
  readonly #onDropped: () => void;
  readonly #intervalMs: number;
  #ids = new Set<string>();
  #beyond = 0;
  #timer: NodeJS.Timeout | undefined;
  #publishing = false;
  #stopped = false;

  constructor(options: ChangeFeedOptions) {
    this.#publish = options.publish;
    this.#onDropped = options.onDropped;
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
  }

  /** Call it once the change can be read. */
  add(changes: readonly { device_id: string }[]): void {
    if (this.#stopped) return;
    for (const { device_id } of changes) {
      if (this.#ids.size < MAX_DISTINCT) this.#ids.add(device_id);
      else if (!this.#ids.has(device_id)) this.#beyond += 1;
    }
    this.#schedule();
  }

  /** What wasn't published yet is let go. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#ids.clear();
  }

  #schedule(): void {
    if (this.#stopped || this.#publishing || this.#ids.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, this.#intervalMs);
  }

  async #flush(): Promise<void> {
    const changed = this.#ids.size + this.#beyond;
    const ids = [...this.#ids.values().take(MAX_MESSAGE_IDS)];
    this.#ids = new Set();
    this.#beyond = 0;
    this.#publishing = true;
    try {
      await this.#publish(encodeChanges({ changed, ids }));
    } catch {
      this.#onDropped();
    }
    this.#publishing = false;
    this.#schedule();
  }
}
