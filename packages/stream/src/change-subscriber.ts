import { repeatEvery, type Logger, type Repeater } from '@nexmdm/service';
import { decodeChanges, type Changes } from './change-message.ts';
import { closeRedis, openRedis, startConnecting } from './connection.ts';
import { CHANGES_CHANNEL } from './keys.ts';
import type { StreamRedis } from './scripts.ts';

export interface ChangeSubscriberOptions {
  url: string;
  /** Shown by CLIENT LIST. */
  name: string;
  logger: Logger;
  onChanges: (changes: Changes) => void;
  /** Changes come from now on, or come no more. */
  onAvailable: (available: boolean) => void;
  /** A message made no sense and was left out. */
  onIgnored: () => void;
}

/** A connection that died without a word shows after this time and a command's timeout. */
const CHECK_MS = 5_000;

/**
 * Listens to what is said with `ChangeFeed`, over one connection of its own, for as long as it
 * runs. It comes back by itself; what was said in between is lost.
 */
export class ChangeSubscriber {
  readonly #options: ChangeSubscriberOptions;
  readonly #redis: StreamRedis;
  readonly #check: Repeater;
  #available = false;

  constructor(options: ChangeSubscriberOptions) {
    const { url, name, logger } = options;
    this.#options = options;
    this.#redis = openRedis({ url, name, logger });
    this.#redis.on('ready', () => void this.#subscribe());
    this.#redis.on('close', () => {
      this.#setAvailable(false);
    });
    this.#redis.on('message', (_channel: string, message: string) => {
      const changes = decodeChanges(message);
      if (changes === undefined) options.onIgnored();
      else options.onChanges(changes);
    });
    this.#check = repeatEvery(
      CHECK_MS,
      () => this.#lookAfter(),
      () => {},
    );
  }

  /** Returns at once: nobody has to wait for Redis. */
  start(): void {
    void startConnecting(this.#redis);
    this.#check.start();
  }

  async stop(): Promise<void> {
    closeRedis(this.#redis);
    await this.#check.stop();
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#redis.subscribe(CHANGES_CHANNEL);
      this.#setAvailable(this.#redis.status === 'ready');
    } catch (error) {
      // The connection broke again, or Redis doesn't allow it; the next look tries once more.
      this.#options.logger.debug('changes.not_subscribed', { error });
    }
  }

  async #lookAfter(): Promise<void> {
    if (this.#redis.status !== 'ready') return;
    try {
      await this.#redis.ping();
    } catch {
      this.#setAvailable(false);
      this.#redis.disconnect(true);
      return;
    }
    if (!this.#available) await this.#subscribe();
  }

  #setAvailable(available: boolean): void {
    if (available === this.#available) return;
    this.#available = available;
    this.#options.onAvailable(available);
  }
}
