import type { FleetCounts } from '@nexmdm/contracts';
import type { StatusReads } from '@nexmdm/db';
import type { Response } from 'express';
import type { HeaderDescription } from '../api/operation.ts';
import { fleetCounts, type Question } from './question.ts';
import type { ReadMetrics, ReadPath } from './read-metrics.ts';
import type { Remembered } from './remembered.ts';

export interface FleetReaderOptions {
  /** Whether the fast way is switched on at this moment. */
  isFast: () => boolean;
  fast: StatusReads;
  legacy: StatusReads;
  /** The fast counts, which are dear enough to be shared. */
  counts: Remembered<FleetCounts>;
  metrics: ReadMetrics;
  /** Told of every question that was answered, in which way, and how long that took. */
  onAnswered: (question: Question<unknown>, read: TimedRead) => void;
}

export interface TimedRead {
  path: ReadPath;
  milliseconds: number;
}

/** Answers questions about the fleet in the way that the kill switch says at that moment. */
export class FleetReader {
  readonly #options: FleetReaderOptions;

  constructor(options: FleetReaderOptions) {
    this.#options = options;
  }

  get path(): ReadPath {
    return this.#options.isFast() ? 'fast' : 'legacy';
  }

  ask<T>(question: Question<T>): Promise<T> {
    const { path } = this;
    return this.#timed(path, question, () => question.ask(this.#options[path]));
  }

  /** The fleet in numbers, a moment old when the fleet is large. */
  countFleet(): Promise<FleetCounts> {
    return this.path === 'legacy'
      ? this.ask(fleetCounts)
      : this.#timed('fast', fleetCounts, () => this.#options.counts.get());
  }

  /** For reads that have no name of their own. */
  get reads(): StatusReads {
    return this.#options[this.path];
  }

  async #timed<T>(path: ReadPath, question: Question<T>, run: () => Promise<T>): Promise<T> {
    const { metrics, onAnswered } = this.#options;
    const started = performance.now();
    const answer = await run();
    const milliseconds = performance.now() - started;
    metrics.observe(path, question.name, milliseconds);
    onAnswered(question, { path, milliseconds });
    return answer;
  }
}

/** For the answers of operations that say with `tellPath` how they were read. */
export const readPathHeaders = {
  'x-read-path': {
    description:
      'how it was read: `fast` from the last status of the devices, `legacy` from the history',
    required: true,
    schema: { type: 'string', enum: ['fast', 'legacy'] satisfies ReadPath[] },
  },
} as const satisfies Record<string, HeaderDescription>;

/** Says in the answer which way it was read. */
export function tellPath(res: Response, { path }: FleetReader): void {
  res.set('x-read-path', path);
}
