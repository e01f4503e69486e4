import type { DeviceCredential } from '@nexmdm/db';

type FindByToken = (tokenIds: readonly string[]) => Promise<DeviceCredential[]>;

/** Too many lookups wait for the database. */
export class LookupBusyError extends Error {
  override readonly name = 'LookupBusyError';
}

interface Waiting {
  promise: Promise<DeviceCredential | undefined>;
  resolve: (credential: DeviceCredential | undefined) => void;
  reject: (error: unknown) => void;
}

const MAX_WAITING = 20_000;
const MAX_TOKENS_PER_QUERY = 1_000;

/**
 * Looks tokens up in the database, one query at a time: what is asked for while one runs goes into
 * the next. A fleet that comes back after an outage so costs a query for each thousand devices.
 */
export class TokenLookup {
  readonly #findByToken: FindByToken;
  readonly #waiting = new Map<string, Waiting>();
  #running = false;

  constructor(findByToken: FindByToken) {
    this.#findByToken = findByToken;
  }

  /**
   * The device of a token id, or undefined when the database says that there is none.
   *
   * @throws LookupBusyError or the database's error: then nothing is known of the token
   */
  find(tokenId: string): Promise<DeviceCredential | undefined> {
    const known = this.#waiting.get(tokenId);
    if (known) return known.promise;
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(new LookupBusyError('too many tokens wait to be looked up'));
    }
    const waiting: Waiting = Promise.withResolvers<DeviceCredential | undefined>();
    this.#waiting.set(tokenId, waiting);
    if (!this.#running) {
      this.#running = true;
      setImmediate(() => void this.#run());
    }
    return waiting.promise;
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, MAX_TOKENS_PER_QUERY);
      for (const [tokenId] of batch) this.#waiting.delete(tokenId);
      try {
        const found = await this.#findByToken(batch.map(([tokenId]) => tokenId));
        const byToken = new Map(found.map((credential) => [credential.token_id, credential]));
        for (const [tokenId, { resolve }] of batch) resolve(byToken.get(tokenId));
      } catch (error) {
        for (const [, { reject }] of batch) reject(error);
      }
    }
    this.#running = false;
  }
}
