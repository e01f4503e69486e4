import pLimit from 'p-limit';
import { createDeviceProfile } from './device-profile.ts';
import type { Enrolment } from './enrolment.ts';
import type { Credentials, FleetMember } from './fleet-member.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

export interface FleetRegistryOptions {
  enrolment: Pick<Enrolment, 'enrol'>;
  /** Where the devices are kept for later runs. */
  stateFile: string | undefined;
}

const REGISTRATIONS_AT_ONCE = 16;
/** What a crash loses of a long registration. */
const SAVE_EVERY_MS = 1_000;

/** Who the simulated devices are at the server: those of earlier runs, and new ones for the rest. */
export class FleetRegistry {
  readonly #enrolment: Pick<Enrolment, 'enrol'>;
  readonly #stateFile: string | undefined;
  readonly #limit = pLimit(REGISTRATIONS_AT_ONCE);
  #known: (Credentials | undefined)[] = [];
  #unsaved = false;
  #saving: Promise<void> | undefined;
  #savedAt = 0;

  constructor({ enrolment, stateFile }: FleetRegistryOptions) {
    this.#enrolment = enrolment;
    this.#stateFile = stateFile;
  }

  /**
   * The first `count` devices, those that are new registered.
   *
   * @returns undefined when the simulation stopped before
   * @throws CommandError when the state file can't be used or the server takes no registrations
   */
  async prepare(count: number): Promise<FleetMember[] | undefined> {
    if (this.#stateFile !== undefined) this.#known = await readStateFile(this.#stateFile);
    const known = this.#known.slice(0, count);
    const missing = Array.from({ length: count }, (_, index) => index).filter(
      (index) => known[index] === undefined,
    );
    // Before the first registration, so that no device is registered whose token can't be kept.
    await this.#save();
    // After a failure those that wait fail as soon as it is their turn.
    let failure: unknown;
    await Promise.all(
      missing.map((index) =>
        this.#limit(async () => {
          if (failure !== undefined) return;
          try {
            await this.#register(index);
          } catch (error) {
            failure ??= error;
          }
        }),
      ),
    );
    await this.#save();
    if (failure !== undefined) throw failure;
    const members = this.#known.slice(0, count).flatMap((credentials, index) => {
      const isNew = known[index] === undefined;
      return credentials === undefined ? [] : [createMember(index, credentials, isNew)];
    });
    return members.length === count ? members : undefined;
  }

  /** New credentials for a device whose old ones are refused. Returns whether it got them. */
  async renew(member: FleetMember): Promise<boolean> {
    const credentials = await this.#limit(() => this.#register(member.index));
    if (credentials === undefined) return false;
    member.credentials = credentials;
    member.confirmed = true;
    return true;
  }

  /** Resolves when every device is kept. */
  async close(): Promise<void> {
    await this.#saving;
    if (this.#unsaved) await this.#save();
  }

  async #register(index: number): Promise<Credentials | undefined> {
    const credentials = await this.#enrolment.enrol(index, createDeviceProfile(index).place);
    if (credentials === undefined) return undefined;
    this.#known[index] = credentials;
    this.#unsaved = true;
    if (performance.now() - this.#savedAt > SAVE_EVERY_MS) await this.#save();
    return credentials;
  }

  /** One at a time; who comes meanwhile waits for the same. */
  async #save(): Promise<void> {
    if (this.#stateFile === undefined) return;
    this.#savedAt = performance.now();
    this.#unsaved = false;
    const file = this.#stateFile;
    const before = this.#saving;
    this.#saving = (async () => {
      await before;
      await writeStateFile(file, this.#known);
    })();
    await this.#saving;
  }
}

function createMember(index: number, credentials: Credentials, isNew: boolean): FleetMember {
  return { index, profile: createDeviceProfile(index), credentials, confirmed: isNew };
}
