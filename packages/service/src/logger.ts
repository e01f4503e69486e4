import winston from 'winston';
import { redact } from './redact.ts';

export type LogFields = Record<string, unknown>;

/** Writes one JSON object a line: `{ts, level, service, event, …fields}`, secrets removed. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Waits until what was logged is written. */
  close(): Promise<void>;
}

export interface LoggerOptions {
  service: string;
  level: string;
  /** A folder for `<service>.log`, rotated at 50 MB with 10 files kept, besides standard output. */
  dir?: string | undefined;
}

const ROTATE_AT_BYTES = 50 * 1024 * 1024;
const ROTATED_FILES = 10;

export function createLogger(options: LoggerOptions): Logger {
  const line = winston.format.printf(({ level, message, fields }) =>
    JSON.stringify({
      ts: new Date().toISOString(),
      level,
      service: options.service,
      event: message,
      ...(redact(fields ?? {}) as LogFields),
    }),
  );
  const transports: winston.transport[] = [new winston.transports.Console()];
  if (options.dir !== undefined) {
    transports.push(
      new winston.transports.File({
        dirname: options.dir,
        filename: `${options.service}.log`,
        maxsize: ROTATE_AT_BYTES,
        maxFiles: ROTATED_FILES,
        tailable: true,
      }),
    );
  }
  const logger = winston.createLogger({ level: options.level, format: line, transports });
  const write = (level: string) => (event: string, fields?: LogFields) => {
    logger.log(level, event, { fields });
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    close: () =>
      new Promise((resolve) => {
        logger.once('finish', resolve);
        logger.end();
      }),
  };
}
