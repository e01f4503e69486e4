import type { ServerResponse } from 'node:http';
import type { CountsEvent, FeedEvent, FleetCounts } from '@nexmdm/contracts';
import type { DeviceRow } from '@nexmdm/db';
import type { Logger } from '@nexmdm/service';
import type { Changes } from '@nexmdm/stream';
import { Audience } from './audience.ts';
import { DeviceEvents, type DevicesEvent } from './device-events.ts';
import { eventBytes, KEEP_ALIVE, retryBytes, type EventName } from './event-bytes.ts';
import type { EventClient } from './event-client.ts';
import type { EventMetrics } from './event-metrics.ts';

export interface EventHubOptions {
  countFleet: () => Promise<FleetCounts>;
  /** Those of the devices that exist, in any order. */
  listDevicesById: (ids: readonly string[]) => Promise<DeviceRow[]>;
  maxClients: number;
  logger: Logger;
  metrics: EventMetrics;
}

const RETRY_MS = 3_000;
const COUNTS_INTERVAL_MS = 5_000;
const KEEP_ALIVE_INTERVAL_MS = 15_000;

/**
 * The clients of `/v1/events` and what they are told: the fleet's counts every five seconds, changed
 * devices once a second at most, and whether changes can be told. Every query and every event is made
 * once for all of them, and none while nobody listens.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #audience: Audience;
  readonly #devices: DeviceEvents;
  #lastId = 0;
  #feedAvailable = false;
  #counts: CountsEvent | undefined;
  #counting: Promise<CountsEvent | undefined> | undefined;
  #countsTimer: NodeJS.Timeout | undefined;
  #keepAliveTimer: NodeJS.Timeout | undefined;
  #databaseAway = false;

  constructor(options: EventHubOptions) {
    const { maxClients, logger, metrics, listDevicesById } = options;
    this.#options = options;
    this.#audience = new Audience({
      maxClients,
      logger,
      metrics,
      onLeft: () => {
        this.#onLeft();
      },
    });
    this.#devices = new DeviceEvents({
      isWanted: () => this.#audience.wantsDevices,
      listDevicesById,
      send: (event) => {
        this.#noteDatabase();
        return this.#tell('devices', event, (client) => client.wantsDevices);
      },
      onFailure: (error) => {
        this.#noteDatabase(error);
      },
    });
  }

  /** @throws HttpProblem 503 when no more clients fit in, or the process stops */
  assertRoom(): void {
    this.#audience.assertRoom();
  }

  /** Takes in a client whose answer has begun and says `text/event-stream`. */
  join(res: ServerResponse, wants: { devices: boolean }): void {
    if (res.destroyed) return;
    if (this.#audience.size === 0) this.#startTimers();
    const client = this.#audience.admit(res, wants.devices);
    this.#audience.send(client, retryBytes(RETRY_MS));
    void this.#welcome(client);
  }

  /** Tells of changed devices. */
  onChanges(changes: Changes): void {
    this.#devices.add(changes);
  }

  /** Says whether changed devices can be told. */
  setFeedAvailable(available: boolean): void {
    if (available === this.#feedAvailable) return;
    this.#feedAvailable = available;
    const event: FeedEvent = { available };
    void this.#tell('feed', event, (client) => client.wantsDevices);
  }

  /** Ends all answers, within a second or so. */
  async stop(): Promise<void> {
    this.#stopTimers();
    await this.#audience.end();
  }

  /** Says how things stand. */
  async #welcome(client: EventClient): Promise<void> {
    const counts = this.#counts ?? (await this.#count());
    if (counts !== undefined) this.#audience.send(client, this.#event('counts', counts));
    if (client.wantsDevices) {
      const feed: FeedEvent = { available: this.#feedAvailable };
      this.#audience.send(client, this.#event('feed', feed));
    }
    client.welcomed = true;
  }

  #onLeft(): void {
    if (!this.#audience.wantsDevices) this.#devices.clear();
    if (this.#audience.size === 0) this.#stopTimers();
  }

  #startTimers(): void {
    this.#counts = undefined;
    this.#scheduleCounts();
    this.#keepAliveTimer = setInterval(() => {
      void this.#audience.broadcast(
        () => KEEP_ALIVE,
        () => true,
      );
    }, KEEP_ALIVE_INTERVAL_MS);
  }

  #stopTimers(): void {
    clearTimeout(this.#countsTimer);
    clearInterval(this.#keepAliveTimer);
    this.#countsTimer = undefined;
    this.#devices.clear();
  }

  #scheduleCounts(): void {
    const timer = setTimeout(() => {
      void this.#tellCounts().then(() => {
        // Unless the last client has gone in between.
        if (this.#countsTimer === timer) this.#scheduleCounts();
      });
    }, COUNTS_INTERVAL_MS);
    this.#countsTimer = timer;
  }

  async #tellCounts(): Promise<void> {
    const counts = await this.#count();
    if (counts !== undefined) await this.#tell('counts', counts, () => true);
  }

  /** Counts the fleet; those who ask while it is being counted share the answer. */
  #count(): Promise<CountsEvent | undefined> {
    this.#counting ??= this.#countNow().finally(() => {
      this.#counting = undefined;
    });
    return this.#counting;
  }

  async #countNow(): Promise<CountsEvent | undefined> {
    try {
      const counts = await this.#options.countFleet();
      this.#noteDatabase();
      this.#counts = { ...counts, at: new Date().toISOString() };
    } catch (error) {
      this.#noteDatabase(error);
      this.#counts = undefined;
    }
    return this.#counts;
  }

  #tell(
    name: EventName,
    data: CountsEvent | DevicesEvent | FeedEvent,
    isFor: (client: EventClient) => boolean,
  ): Promise<void> {
    this.#options.metrics.events.inc({ event: name });
    return this.#audience.broadcast(
      () => this.#event(name, data),
      (client) => client.welcomed && isFor(client),
    );
  }

  /** Ids grow, and go on growing over a restart and from one process to the next. */
  #event(name: EventName, data: CountsEvent | DevicesEvent | FeedEvent): Buffer {
    this.#lastId = Math.max(this.#lastId + 1, Date.now());
    return eventBytes(this.#lastId, name, data);
  }

  /** Says once that the database is away and once that it is back. */
  #noteDatabase(error?: unknown): void {
    const away = error !== undefined;
    if (away === this.#databaseAway) return;
    this.#databaseAway = away;
    const { logger } = this.#options;
    if (away) logger.warn('events.database_unavailable', { error });
    else logger.info('events.database_available');
  }
}
