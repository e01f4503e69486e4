import pLimit from 'p-limit';

/** Bounds how much is under way at once; what is over the bound waits its turn. */
export class InFlight {
  readonly #limit: ReturnType<typeof pLimit>;
  #count = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(max: number) {
    this.#limit = pLimit(max);
  }

  /** Under way and waiting. */
  get count(): number {
    return this.#count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await this.#limit(work);
    } finally {
      this.#count -= 1;
      if (this.#count === 0) {
        this.#idle?.resolve();
        this.#idle = undefined;
      }
    }
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    if (this.#count === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }
}
