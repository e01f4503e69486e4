import type { FlagView } from '@nexmdm/contracts';
import type { FlagChange, FlagValue } from '@nexmdm/db';
import { repeatEvery, within, type Logger, type Repeater } from '@nexmdm/service';
import { FLAG_NAMES, FLAGS, type FlagName } from './flag-names.ts';

/** Where flags are kept for every process. */
export interface FlagStore {
  listValues: (names: readonly string[]) => Promise<FlagValue[]>;
  /** As a replica has them; undefined without one. */
  listReplicaValues: ((names: readonly string[]) => Promise<FlagValue[]>) | undefined;
  change(change: FlagChange): Promise<{ value: FlagValue | undefined; changed: boolean }>;
}

export interface FlagsOptions {
  /** What each flag is until somebody sets it: the service's own settings. */
  defaults: Readonly<Record<FlagName, boolean>>;
  store: FlagStore;
  logger: Logger;
}

// A change that a look just misses is seen by the next one: 500 ms later, or 1.7 s when the look
// under way is given up first. Both are less than the two seconds that are promised.
const POLL_MS = 500;
const LOOK_TIMEOUT_MS = 1_200;
/** The first connection may take longer. */
const FIRST_LOOK_TIMEOUT_MS = 5_000;

/**
 * The run-time flags: known here at any moment, the same in every process within two seconds, and
 * kept over restarts. While the database is away they stay what they were; at a start without it they
 * are what a replica has, and if that is away too, the process isn't ready until one of both answers.
 */
export class Flags {
  readonly #options: FlagsOptions;
  readonly #values = new Map<FlagName, FlagValue>();
  readonly #poll: Repeater;
  #looks = 0;
  #away = false;
  #read = false;

  constructor(options: FlagsOptions) {
    this.#options = options;
    this.#poll = repeatEvery(
      POLL_MS,
      () => this.#update(LOOK_TIMEOUT_MS),
      (error) => {
        this.#noteAway(error);
      },
    );
  }

  isEnabled(name: FlagName): boolean {
    return this.#values.get(name)?.enabled ?? this.#options.defaults[name];
  }

  /** Reads the flags and keeps them up to date from then on. */
  async start(): Promise<void> {
    await this.#update(FIRST_LOOK_TIMEOUT_MS).catch((error: unknown) => {
      this.#noteAway(error);
    });
    this.#poll.start();
  }

  /** @throws until they were read once: until then a kill switch may be set that nobody here knows of */
  async checkRead(): Promise<void> {
    if (!this.#read) throw new Error('not read yet; flags.unavailable in the log says why');
  }

  async stop(): Promise<void> {
    await this.#poll.stop();
  }

  list(): FlagView[] {
    return FLAG_NAMES.map((name) => this.get(name));
  }

  get(name: FlagName): FlagView {
    const value = this.#values.get(name);
    return {
      name,
      enabled: this.isEnabled(name),
      default: this.#options.defaults[name],
      source: typeof value?.enabled === 'boolean' ? 'stored' : 'environment',
      changed_by: value?.changed_by ?? null,
      changed_at: value?.changed_at.toISOString() ?? null,
      description: FLAGS[name],
    };
  }

  /**
   * Sets a flag, in this process at once. What it is already stays as it is, without a new entry.
   *
   * @param enabled null returns it to the service's own setting
   * @throws a database error; the flag may have been set all the same
   */
  async set(name: FlagName, enabled: boolean | null, changedBy: string): Promise<FlagView> {
    const previous = this.isEnabled(name);
    const { value, changed } = await this.#options.store.change({ name, enabled, changedBy });
    // Looks under way may have read what was before.
    this.#looks += 1;
    const known = this.#values.get(name);
    // Another change made here may have overtaken this one on its way back.
    if (value !== undefined && (known === undefined || value.id > known.id)) {
      this.#values.set(name, value);
    }
    if (changed) this.#log('flag.changed', name, previous, value);
    return this.get(name);
  }

  /** What a replica has may be of before a change, so it counts only while nothing else is known. */
  async #update(timeoutMs: number): Promise<void> {
    const { listValues, listReplicaValues } = this.#options.store;
    try {
      await this.#look(timeoutMs, listValues);
    } catch (error) {
      this.#noteAway(error);
      if (!this.#read && listReplicaValues) await this.#look(timeoutMs, listReplicaValues);
      return;
    }
    if (this.#away) this.#options.logger.info('flags.available');
    this.#away = false;
  }

  async #look(timeoutMs: number, listValues: FlagStore['listValues']): Promise<void> {
    const look = (this.#looks += 1);
    const values = await within(timeoutMs, listValues(FLAG_NAMES));
    if (look !== this.#looks) return;
    this.#read = true;
    for (const name of FLAG_NAMES) {
      this.#apply(
        name,
        values.find((value) => value.name === name),
      );
    }
  }

  #apply(name: FlagName, value: FlagValue | undefined): void {
    if (value?.id === this.#values.get(name)?.id) return;
    const previous = this.isEnabled(name);
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
    this.#log('flag.applied', name, previous, value);
  }

  /** `flag.changed`: by a request to this process. `flag.applied`: by another, or before the start. */
  #log(
    event: 'flag.changed' | 'flag.applied',
    flag: FlagName,
    previous: boolean,
    value: FlagValue | undefined,
  ): void {
    const { enabled = null, changed_by, changed_at } = value ?? {};
    this.#options.logger.info(event, {
      flag,
      enabled: enabled ?? this.#options.defaults[flag],
      previous,
      source: enabled === null ? 'environment' : 'stored',
      changed_by,
      changed_at,
    });
  }

  #noteAway(error: unknown): void {
    if (!this.#away) this.#options.logger.warn('flags.unavailable', { error });
    this.#away = true;
  }
}
