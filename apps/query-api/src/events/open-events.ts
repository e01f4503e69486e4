import type { Logger, Registry } from '@nexmdm/service';
import { ChangeSubscriber } from '@nexmdm/stream';
import type { QueryConfig } from '../config.ts';
import { createEventMetrics } from './event-metrics.ts';
import { EventHub, type EventHubOptions } from './hub.ts';

export interface Events {
  hub: EventHub;
  /** Returns at once; Redis need not be there. */
  start(): void;
  /** Ends all answers, within a second or so. */
  stop(): Promise<void>;
}

/**
 * The hub of `/v1/events`, fed by what writers and registries say in Redis; without Redis it tells
 * counts only.
 *
 * @param reads how it reads the fleet
 */
export function openEvents(
  config: Pick<QueryConfig, 'redisUrl' | 'eventsMaxClients'>,
  reads: Pick<EventHubOptions, 'countFleet' | 'listDevicesById'>,
  registry: Registry,
  logger: Logger,
): Events {
  const metrics = createEventMetrics(registry);
  const hub = new EventHub({ ...reads, maxClients: config.eventsMaxClients, logger, metrics });
  // Always subscribed: it is known at any time whether changes come, and to leave them out is cheap.
  const subscriber =
    config.redisUrl === undefined
      ? undefined
      : new ChangeSubscriber({
          url: config.redisUrl,
          name: 'nexmdm-query-api-changes',
          logger,
          onChanges: (changes) => {
            hub.onChanges(changes);
          },
          onAvailable: (available) => {
            hub.setFeedAvailable(available);
          },
          onIgnored: () => {
            metrics.messagesIgnored.inc();
          },
        });
  return {
    hub,
    start() {
      subscriber?.start();
    },
    async stop() {
      await Promise.all([hub.stop(), subscriber?.stop()]);
    },
  };
}
