import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './error-code.ts';

export interface LogFileOptions {
  /** The newest lines are in it; older ones in `<path>.1`, `<path>.2`, … */
  path: string;
  rotateAtBytes: number;
  /** How many files there are at most. */
  files: number;
  /** Told once when lines can't be written, and again only after some could. */
  onError: (error: unknown) => void;
}

/** Lines that may wait for the disk; beyond that they are left out, so that memory doesn't fill. */
const MAX_WAITING_LINES = 10_000;

/**
 * A log file that is rotated by size. A disk that is full or gone costs the lines of that time,
 * and nothing else: the file is opened anew for each write, so it goes on when the disk is back.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #failing = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  append(line: string): void {
    if (this.#waiting.length >= MAX_WAITING_LINES) return;
    this.#waiting.push(`${line}\n`);
    this.#writing ??= this.#writeWaiting();
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(lines.join(''));
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.#options.onError(error);
        this.#failing = true;
      }
    }
    this.#writing = undefined;
  }

  async #write(text: string): Promise<void> {
    const { path: file, rotateAtBytes } = this.#options;
    await mkdir(path.dirname(file), { recursive: true });
    if ((await sizeOf(file)) >= rotateAtBytes) await this.#rotate();
    await appendFile(file, text);
  }

  async #rotate(): Promise<void> {
    const { path: file, files } = this.#options;
    for (let age = files - 1; age >= 1; age -= 1) {
      const newer = age === 1 ? file : `${file}.${age - 1}`;
      await unlessMissing(rename(newer, `${file}.${age}`));
    }
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await unlessMissing(stat(file)))?.size ?? 0;
}

async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
