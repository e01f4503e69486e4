import { Counter, type Logger, type Registry } from '@nexmdm/service';
import {
  ChangeFeed,
  CHANGES_CHANNEL,
  closeRedis,
  openRedis,
  startConnecting,
} from '@nexmdm/stream';

/** Tells every query-api, this one too, which devices were changed here. */
export interface ChangePublisher {
  /** Call it once the change can be read. It never waits and never fails. */
  publish(devices: readonly { device_id: string }[]): void;
  /** Returns at once; Redis need not be there. */
  start(): void;
  /** What wasn't published yet is let go. */
  stop(): void;
}

/** Without Redis there is nobody to tell. */
export function openChangePublisher(
  redisUrl: string | undefined,
  registry: Registry,
  logger: Logger,
): ChangePublisher {
  if (redisUrl === undefined) return { publish() {}, start() {}, stop() {} };
  const dropped = new Counter({
    name: 'change_messages_dropped_total',
    help: 'Messages about changed devices that were lost because Redis did not take them',
    registers: [registry],
  });
  // A connection that subscribes can't publish.
  const redis = openRedis({ url: redisUrl, name: 'nexmdm-query-api-publisher', logger });
  const feed = new ChangeFeed({
    publish: (message) => redis.publish(CHANGES_CHANNEL, message),
    onDropped: () => {
      dropped.inc();
      // It is idle for long, and may have died without a word.
      if (redis.status === 'ready') redis.disconnect(true);
    },
  });
  return {
    publish(devices) {
      feed.add(devices);
    },
    start() {
      void startConnecting(redis);
    },
    stop() {
      feed.stop();
      closeRedis(redis);
    },
  };
}
