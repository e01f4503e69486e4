import closeWithGrace from 'close-with-grace';
import { ConfigError, EXIT_BAD_CONFIG, type Environment } from './config.ts';
import { createLogger, type Logger, type LoggerOptions } from './logger.ts';

/** Opened by `start`, closed by `stop`; stopping twice is fine. */
export interface Service {
  /** Resolves once the service does its work; the fields are logged. */
  start(): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export interface ProcessOptions<Config extends { logger: Omit<LoggerOptions, 'service'> }> {
  name: string;
  env: Environment;
  readConfig: (env: Environment) => Config;
  create: (config: Config, logger: Logger) => Service;
}

/** A process that was told to stop is gone by then. */
const STOP_DEADLINE_MS = 9_500;

/**
 * Runs a service as this process: settings, start, signals, stop, exit code. Bad settings are one
 * message on standard error and exit code 78. A lost parent (the channel of the process that
 * supervises this one) is a reason to stop like a signal.
 */
export async function runProcess<Config extends { logger: Omit<LoggerOptions, 'service'> }>(
  options: ProcessOptions<Config>,
): Promise<void> {
  const config = readConfigOrExit(options);
  const logger = createLogger({ service: options.name, ...config.logger });
  const service = options.create(config, logger);
  let stopping = false;
  const grace = closeWithGrace(
    {
      delay: STOP_DEADLINE_MS,
      logger: false,
      onTimeout: () => {
        logger.error('process.stop_timed_out', { deadline_ms: STOP_DEADLINE_MS });
      },
    },
    async ({ signal, err }) => {
      stopping = true;
      if (err) logger.error('process.failed', { error: err });
      logger.info('process.stopping', { signal });
      await service.stop();
      logger.info('process.stopped');
      await logger.close();
    },
  );
  process.once('disconnect', () => {
    if (!stopping) grace.close();
  });
  try {
    const fields = await service.start();
    logger.info('process.started', { pid: process.pid, ...fields });
  } catch (error) {
    // A stop in the middle of the start may well make it fail; the stop ends the process.
    if (stopping) return;
    logger.error('process.start_failed', { error });
    await service.stop();
    await logger.close();
    process.exit(1);
  }
}

function readConfigOrExit<Config extends { logger: Omit<LoggerOptions, 'service'> }>(
  options: ProcessOptions<Config>,
): Config {
  try {
    return options.readConfig(options.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${options.name}: ${error.message}\n`);
    process.exit(EXIT_BAD_CONFIG);
  }
}
