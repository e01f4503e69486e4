import { advanceDevice, createDeviceState, type DeviceState } from './device-model.ts';
import type { FleetMember } from './fleet-member.ts';
import { heartbeatBody } from './heartbeat-body.ts';
import type { QueuedHeartbeat } from './heartbeat-queue.ts';
import type { Random } from './random.ts';

/** The device under the agent: its sensors and its clock. */
export class SimulatedDevice {
  readonly #member: FleetMember;
  readonly #random: Random;
  readonly #clockErrorMs: number;
  #state: DeviceState;
  #lastTakenAt: number | undefined;

  /** @param clockErrorMs how far its clock is off */
  constructor(member: FleetMember, random: Random, clockErrorMs: number) {
    this.#member = member;
    this.#random = random;
    this.#clockErrorMs = clockErrorMs;
    this.#state = createDeviceState(member.profile, random);
  }

  /** Milliseconds since the epoch, as the device sees it. */
  get clock(): number {
    return Date.now() + this.#clockErrorMs;
  }

  /** @param dueAt on the simulation's clock, in milliseconds */
  takeHeartbeat(dueAt: number, online: boolean, queueDepth: number): QueuedHeartbeat {
    const { profile, credentials } = this.#member;
    const seconds = (dueAt - (this.#lastTakenAt ?? dueAt)) / 1_000;
    this.#lastTakenAt = dueAt;
    this.#state = advanceDevice(this.#state, profile, seconds, this.#random);
    const takenAt = this.clock;
    const { deviceId, alias } = credentials;
    const facts = { deviceId, alias, profile, state: this.#state, takenAt, online, queueDepth };
    return { body: heartbeatBody(facts), takenAt, dueAt };
  }
}
