import path from 'node:path';
import winston from 'winston';
import { LogFile } from './log-file.ts';
import { redact } from './redact.ts';

export type LogFields = Record<string, unknown>;

/** Writes one JSON object a line: `{ts, level, service, event, …fields}`, secrets removed. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Waits until what was logged is written; what is logged later is left out. Twice is fine. */
  close(): Promise<void>;
}

export interface LoggerOptions {
  service: string;
  level: string;
  /** A folder for `<service>.log`, rotated at 50 MB with 10 files kept, besides standard output. */
  dir?: string | undefined;
}

const ROTATE_AT_BYTES = 50 * 1024 * 1024;
const FILES = 10;

export function createLogger(options: LoggerOptions): Logger {
  const stdout = winston.createLogger({
    level: options.level,
    format: winston.format.printf(({ message }) => String(message)),
    transports: [new winston.transports.Console()],
  });
  const file = options.dir === undefined ? undefined : openLogFile(options.dir);
  let closing: Promise<void> | undefined;

  // Not one of winston's transports: it hands each line to all or none, so that a full disk would
  // silence standard output too.
  function openLogFile(dir: string): LogFile {
    return new LogFile({
      path: path.join(dir, `${options.service}.log`),
      rotateAtBytes: ROTATE_AT_BYTES,
      files: FILES,
      onError: (error) => {
        stdout.log('error', lineOf('error', 'log_file.failed', { dir, error }));
      },
    });
  }

  function lineOf(level: string, event: string, fields: LogFields): string {
    const first = { ts: new Date().toISOString(), level, service: options.service, event };
    // Once more at the end: a field of the same name doesn't take their place.
    return JSON.stringify({ ...first, ...(redact(fields) as LogFields), ...first });
  }

  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      // What still happens after the end, such as a connection that closes, is of no interest.
      if (closing !== undefined || !stdout.isLevelEnabled(level)) return;
      const line = lineOf(level, event, fields);
      stdout.log(level, line);
      file?.append(line);
    };

  const finish = async () => {
    await file?.flush();
    await new Promise((resolve) => {
      stdout.once('finish', resolve);
      stdout.end();
    });
    // What waits for a full pipe would be lost with the process.
    if (process.stdout.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      process.stdout.write('', () => {
        resolve();
      });
    });
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    close: () => (closing ??= finish()),
  };
}
