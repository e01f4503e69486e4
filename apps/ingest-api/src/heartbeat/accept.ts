import type { HeartbeatRecord } from '@nexmdm/contracts';
import { repeatEvery, unavailable, type Logger, type Repeater } from '@nexmdm/service';
import { ProducerBusyError, type ShardBacklog, type StreamProducer } from '@nexmdm/stream';

export interface AcceptorOptions {
  producer: StreamProducer;
  readBacklog: () => Promise<ShardBacklog[]>;
  /** Heartbeats that may wait in Redis. */
  maxBacklog: number;
  logger: Logger;
}

/** Takes heartbeats that are ready to be stored. */
export interface Acceptor {
  /**
   * Resolves once Redis has them.
   *
   * @throws HttpProblem 503
   */
  accept(records: readonly HeartbeatRecord[]): Promise<void>;
  /** Keeps the figure of what waits in Redis. */
  backlogWatch: Repeater;
}

const BACKLOG_POLL_MS = 500;

export function createAcceptor(options: AcceptorOptions): Acceptor {
  const { producer, maxBacklog, logger } = options;
  let backlog = 0;
  return {
    async accept(records) {
      if (backlog > maxBacklog) {
        throw unavailable(
          `${backlog} heartbeats wait to be stored, more than the limit of ${maxBacklog}; try again.`,
        );
      }
      try {
        await producer.append(records);
      } catch (error) {
        const reason =
          error instanceof ProducerBusyError
            ? 'too many heartbeats wait for Redis'
            : 'Redis did not take it';
        throw unavailable(`The heartbeat was not stored: ${reason}; send it again.`, error);
      }
    },
    backlogWatch: repeatEvery(
      BACKLOG_POLL_MS,
      async () => {
        const shards = await options.readBacklog();
        backlog = shards.reduce((sum, shard) => sum + shard.heartbeats, 0);
      },
      (error) => {
        // Redis' absence is logged once by its connection; appends fail by themselves meanwhile.
        logger.debug('backlog.unavailable', { error });
      },
    ),
  };
}
