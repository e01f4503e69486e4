import type { Logger } from './logger.ts';
import { within } from './within.ts';

/** Resolves when the dependency works; rejects with what is wrong. */
export type ReadinessCheck = () => Promise<unknown>;

export interface Readiness {
  ready: boolean;
  status: 'ready' | 'not_ready' | 'draining';
  /** `ok`, or what is wrong, by dependency. */
  checks: Record<string, string>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Whether a process can do its work: its dependencies, and "draining" once it was told to stop. */
export class Health {
  readonly #checks: Readonly<Record<string, ReadinessCheck>>;
  readonly #logger: Logger;
  #draining = false;
  #lastStatus: Readiness['status'] | undefined;

  constructor(checks: Readonly<Record<string, ReadinessCheck>>, logger: Logger) {
    this.#checks = checks;
    this.#logger = logger;
  }

  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      Object.entries(this.#checks).map(
        async ([name, check]) => [name, await outcomeOf(check)] as const,
      ),
    );
    const failed = results.some(([, outcome]) => outcome !== 'ok');
    const status: Readiness['status'] = this.#draining
      ? 'draining'
      : failed
        ? 'not_ready'
        : 'ready';
    const readiness = { ready: status === 'ready', status, checks: Object.fromEntries(results) };
    this.#logChange(readiness);
    return readiness;
  }

  #logChange(readiness: Readiness): void {
    if (readiness.status === this.#lastStatus) return;
    this.#lastStatus = readiness.status;
    const level = readiness.status === 'not_ready' ? 'warn' : 'info';
    this.#logger[level]('readiness.changed', { ...readiness });
  }
}

async function outcomeOf(check: ReadinessCheck): Promise<string> {
  try {
    await within(CHECK_TIMEOUT_MS, check());
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  }
}
