import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { backoffMs, pause } from '@nexmdm/service';
import { Enrolment } from './enrolment.ts';
import type { FleetMember } from './fleet-member.ts';
import { FleetRegistry } from './fleet-registry.ts';
import type { QueuedHeartbeat } from './heartbeat-queue.ts';
import { InFlight } from './in-flight.ts';
import type { IngestAnswer } from './ingest-answer.ts';
import { IngestClient } from './ingest-client.ts';
import { atMostOncePer } from '../note-throttle.ts';
import { planBehaviour, type FleetPlan } from './plan.ts';
import { createRandom } from './random.ts';
import { SimulatedAgent } from './simulated-agent.ts';
import { SimulatedDevice } from './simulated-device.ts';
import { summarize, type FleetSnapshot, type SimulationSummary } from './summary.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';

export interface SimulationOptions extends FleetPlan {
  ingestUrl: string;
  adminKey: string | undefined;
  /** Until stopped when undefined. */
  durationSeconds: number | undefined;
  stateFile: string | undefined;
  signal: AbortSignal;
  /** Told of what somebody should know while it runs. */
  onNote: (text: string) => void;
}

const MAX_SOCKETS = 64;
const REQUEST_TIMEOUT_MS = 15_000;
/** As the agent waits. */
const BACKOFF_BASE_MS = 2_000;
const BACKOFF_MAX_MS = 5 * 60_000;
const STOP_WAIT_MS = 5_000;
const START_AFTER_MS = 20;
const NOTE_EVERY_MS = 60_000;

/** A fleet of devices that behave like those with the agent. Runs once. */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #client: IngestClient;
  readonly #registry: FleetRegistry;
  readonly #timeline = new Timeline();
  readonly #inFlight = new InFlight(MAX_SOCKETS);
  readonly #tally = new Tally();
  readonly #noteWaiting: (text: string) => void;
  readonly #noteRenewed: (text: string) => void;
  readonly #failing = new AbortController();
  #agents: SimulatedAgent[] = [];
  #startedAt: number | undefined;

  constructor(options: SimulationOptions) {
    const { ingestUrl, adminKey, stateFile, onNote } = options;
    this.#options = options;
    this.#client = new IngestClient({
      url: ingestUrl,
      maxSockets: MAX_SOCKETS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
    this.#noteWaiting = atMostOncePer(NOTE_EVERY_MS, onNote);
    this.#noteRenewed = atMostOncePer(NOTE_EVERY_MS, onNote);
    const enrolment = new Enrolment({
      register: (key, alias) => this.#client.register(key, alias),
      adminKey,
      // Without a file that keeps them, no later run could use these devices: a name for this run alone.
      fleet: stateFile === undefined ? `sim-${randomBytes(3).toString('hex')}` : 'sim',
      signal: AbortSignal.any([options.signal, this.#failing.signal]),
      onWaiting: (reason) => {
        this.#noteWaiting(
          `Devices wait to be registered: no answer from ${ingestUrl} (${reason}).`,
        );
      },
    });
    this.#registry = new FleetRegistry({ enrolment, stateFile });
  }

  /**
   * Registers what is missing, then simulates until the time is over or the signal comes.
   *
   * @param onStarted told when the first heartbeats go out
   * @throws CommandError when the devices can't be registered or kept
   */
  async run(onStarted: () => void): Promise<SimulationSummary> {
    const { devices, signal, durationSeconds, seed } = this.#options;
    try {
      const members = await this.#registry.prepare(devices);
      if (members !== undefined && !signal.aborted) {
        this.#start(members);
        onStarted();
        const stop = AbortSignal.any([signal, this.#failing.signal]);
        await (durationSeconds === undefined
          ? untilAborted(stop)
          : pause(durationSeconds * 1_000, stop));
      }
      const snapshot = await this.#stop();
      if (this.#failing.signal.aborted) throw this.#failing.signal.reason;
      return summarize(snapshot, seed);
    } finally {
      this.#client.close();
      await this.#registry.close();
    }
  }

  snapshot(): FleetSnapshot {
    const losses = { coalesced: 0, overflowed: 0, expired: 0 };
    let online = 0;
    let queued = 0;
    for (const agent of this.#agents) {
      if (agent.online) online += 1;
      queued += agent.queued;
      losses.coalesced += agent.losses.coalesced;
      losses.overflowed += agent.losses.overflowed;
      losses.expired += agent.losses.expired;
    }
    const elapsedMs = this.#startedAt === undefined ? 0 : this.#timeline.now - this.#startedAt;
    return {
      devices: this.#options.devices,
      online,
      queued,
      losses,
      elapsedSeconds: Math.max(0, elapsedMs / 1_000),
      tally: this.#tally,
    };
  }

  #start(members: readonly FleetMember[]): void {
    const startAt = this.#timeline.now + START_AFTER_MS;
    this.#startedAt = startAt;
    this.#agents = members.map((member) => this.#createAgent(member, startAt));
    for (const agent of this.#agents) agent.start();
  }

  #createAgent(member: FleetMember, startAt: number): SimulatedAgent {
    const { seed } = this.#options;
    const { clockErrorMs, ...behaviour } = planBehaviour(this.#options, member.index, startAt);
    const device = new SimulatedDevice(
      member,
      createRandom(seed, member.index, 'device'),
      clockErrorMs,
    );
    return new SimulatedAgent(member, behaviour, {
      timeline: this.#timeline,
      tally: this.#tally,
      device,
      random: createRandom(seed, member.index, 'network'),
      send: (heartbeats) => this.#send(member, device, heartbeats),
      backoffMs: (failures) => backoffMs(failures, BACKOFF_BASE_MS, BACKOFF_MAX_MS),
      registerAnew: () => this.#renew(member),
    });
  }

  async #send(
    member: FleetMember,
    device: SimulatedDevice,
    heartbeats: readonly QueuedHeartbeat[],
  ): Promise<IngestAnswer> {
    const [first] = heartbeats;
    const answer = await this.#inFlight.run(() => {
      this.#tally.requests += 1;
      const { token } = member.credentials;
      return heartbeats.length === 1 && first
        ? this.#client.sendHeartbeat(token, first.body)
        : this.#client.sendBatch(
            token,
            new Date(device.clock).toISOString(),
            heartbeats.map(({ body }) => body),
          );
    });
    if (answer.outcome === 'later' && !this.#options.signal.aborted) {
      this.#noteWaiting(
        `${this.#options.ingestUrl} didn't take a heartbeat (${answer.error}); it waits in its device's queue.`,
      );
    }
    return answer;
  }

  async #renew(member: FleetMember): Promise<boolean> {
    const { alias } = member.credentials;
    try {
      if (!(await this.#registry.renew(member))) return false;
    } catch (error) {
      this.#failing.abort(error);
      return false;
    }
    this.#tally.reRegistered += 1;
    this.#noteRenewed(
      `The server doesn't know ${alias} any more; it is registered anew as ${member.credentials.alias}.`,
    );
    return true;
  }

  /** What is due goes out, what is under way may end; what takes too long counts as unanswered. */
  async #stop(): Promise<FleetSnapshot> {
    this.#timeline.stop();
    for (const agent of this.#agents) agent.stop();
    const { elapsedSeconds } = this.snapshot();
    const idle = new AbortController();
    await Promise.race([this.#inFlight.whenIdle(), pause(STOP_WAIT_MS, idle.signal)]);
    idle.abort();
    this.#client.close();
    await this.#inFlight.whenIdle();
    // The devices get the last answers in this turn of the event loop.
    await nextTurn();
    return { ...this.snapshot(), elapsedSeconds };
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
