/** An answer is shared for so many times as long as it took to get. */
const SHARED_TIMES_COST = 20;
const SHARED_AT_MOST_MS = 5_000;

/**
 * An answer that is the same for everyone and dear to get. It is shared for a time that grows with
 * what it costs, so that getting it anew keeps one connection busy for a twentieth of the time at
 * the most: for a small fleet it is as good as fresh, for one of a million a few seconds old. Those
 * who ask while it is being got wait for the same one.
 */
export class Remembered<T> {
  readonly #get: () => Promise<T>;
  #answer: { value: T; gotAt: number; sharedMs: number } | undefined;
  #underWay: Promise<T> | undefined;

  constructor(get: () => Promise<T>) {
    this.#get = get;
  }

  async get(): Promise<T> {
    const answer = this.#answer;
    if (answer === undefined) return this.#refresh();
    const age = performance.now() - answer.gotAt;
    if (age < answer.sharedMs) return answer.value;
    const fresh = this.#refresh();
    // For once more as long nobody waits for the fresh one.
    if (age >= 2 * answer.sharedMs) return fresh;
    fresh.catch(() => {});
    return answer.value;
  }

  #refresh(): Promise<T> {
    this.#underWay ??= this.#getTimed().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #getTimed(): Promise<T> {
    const asked = performance.now();
    const value = await this.#get();
    const sharedMs = Math.min((performance.now() - asked) * SHARED_TIMES_COST, SHARED_AT_MOST_MS);
    this.#answer = { value, gotAt: asked, sharedMs };
    return value;
  }
}
