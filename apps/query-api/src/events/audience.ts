import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pause, sampledWarning, unavailable, type Logger } from '@nexmdm/service';
import { EventClient } from './event-client.ts';
import type { EventMetrics } from './event-metrics.ts';

export interface AudienceOptions {
  maxClients: number;
  logger: Logger;
  metrics: EventMetrics;
  /** A client has gone, by itself or because it was cut off. */
  onLeft: () => void;
}

/** What is written in one turn of the event loop; other requests come in between. */
const CLIENTS_A_TURN = 100;
const BYTES_A_TURN = 2 * 1024 * 1024;
/** At the end clients have this long to take what was written. */
const END_MS = 1_000;
const DROPS_LOGGED_PER_SECOND = 5;

/** Everybody who listens. Who doesn't read is cut off, so that nothing piles up. */
export class Audience {
  readonly #options: AudienceOptions;
  readonly #clients = new Set<EventClient>();
  readonly #left = new AbortController();
  readonly #logDropped: ReturnType<typeof sampledWarning>;
  #wantDevices = 0;
  #sending: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: AudienceOptions) {
    this.#options = options;
    this.#logDropped = sampledWarning(
      options.logger,
      'events.client_dropped',
      DROPS_LOGGED_PER_SECOND,
    );
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Whether anybody wants to know which devices change. */
  get wantsDevices(): boolean {
    return this.#wantDevices > 0;
  }

  /** @throws HttpProblem 503 when no more clients fit in, or the process stops */
  assertRoom(): void {
    if (this.#ended) throw unavailable('This process stops; connect again.');
    if (this.#clients.size < this.#options.maxClients) return;
    throw unavailable(
      `${this.#clients.size} clients listen to this process already, as many as it takes (EVENTS_MAX_CLIENTS); try again.`,
    );
  }

  /** Takes in a client whose answer has begun. */
  admit(res: ServerResponse, wantsDevices: boolean): EventClient {
    const client = new EventClient(res, wantsDevices);
    this.#clients.add(client);
    if (wantsDevices) this.#wantDevices += 1;
    this.#options.metrics.clients.set(this.#clients.size);
    res.once('close', () => {
      this.#remove(client);
    });
    return client;
  }

  send(client: EventClient, bytes: Buffer): void {
    const reason = client.send(bytes);
    if (reason === undefined) return;
    this.#options.metrics.clientsDropped.inc({ reason });
    this.#logDropped({
      reason,
      detail: 'A client of /v1/events doesn’t read what it asked for; it was disconnected.',
    });
    client.cutOff();
  }

  /**
   * Sends the same bytes to all clients that want them, one broadcast after the other. Resolves when
   * they are written; never rejects.
   *
   * @param make called when it is this broadcast's turn
   */
  broadcast(make: () => Buffer, isFor: (client: EventClient) => boolean): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      const bytes = make();
      const atOnce = Math.min(CLIENTS_A_TURN, Math.ceil(BYTES_A_TURN / bytes.length));
      for (const [index, client] of [...this.#clients].filter(isFor).entries()) {
        if (index > 0 && index % atOnce === 0) await nextTurn();
        this.send(client, bytes);
      }
    });
    return this.#sending;
  }

  /** Ends every answer; those that aren't taken in time are cut off. Nobody is admitted any more. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const client of this.#clients) client.end();
    if (this.#clients.size > 0) await pause(END_MS, this.#left.signal);
    for (const client of this.#clients) client.cutOff();
  }

  #remove(client: EventClient): void {
    if (!this.#clients.delete(client)) return;
    if (client.wantsDevices) this.#wantDevices -= 1;
    this.#options.metrics.clients.set(this.#clients.size);
    if (this.#ended && this.#clients.size === 0) this.#left.abort();
    this.#options.onLeft();
  }
}
