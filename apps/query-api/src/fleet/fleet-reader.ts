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
  /** Told of every question that was answered. */
  onAnswered: (question: Question<unknown>) => void;
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

  async ask<T>(question: Question<T>): Promise<T> {
    const { path } = this;
    const answer = await this.#timed(path, question, () => question.ask(this.#options[path]));
    this.#options.onAnswered(question);
    return answer;
  }

  /** The fleet in numbers, a moment old when the fleet is large. */
  async countFleet(): Promise<FleetCounts> {
    if (this.path === 'legacy') return this.ask(fleetCounts);
    const counts = await this.#timed('fast', fleetCounts, () => this.#options.counts.get());
    this.#options.onAnswered(fleetCounts);
    return counts;
  }

  /** For reads that have no name of their own. */
  get reads(): StatusReads {
    return this.#options[this.path];
  }

  async #timed<T>(path: ReadPath, { name }: Question<T>, run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const answer = await run();
    this.#options.metrics.observe(path, name, performance.now() - started);
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
