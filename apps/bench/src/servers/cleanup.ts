/** What has to be undone at the end, whatever happens; the latest first. */
export class Cleanup {
  readonly #onError: (error: unknown) => void;
  readonly #steps: (() => Promise<unknown>)[] = [];

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Undoes everything, also when a step fails; a second time there is nothing left to do. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch(this.#onError);
    }
  }
}
