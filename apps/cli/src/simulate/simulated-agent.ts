import type { FleetMember } from './fleet-member.ts';
import { HeartbeatQueue, type QueuedHeartbeat, type QueueLosses } from './heartbeat-queue.ts';
import type { IngestAnswer } from './ingest-answer.ts';
import type { Random } from './random.ts';
import type { SimulatedDevice } from './simulated-device.ts';
import type { Tally } from './tally.ts';
import type { Timeline } from './timeline.ts';

export interface AgentBehaviour {
  intervalMs: number;
  /** When the first heartbeat is taken, on the timeline, and how long after it the second. */
  firstAt: number;
  firstGapMs: number;
  /** Whether it loses its network now and then. */
  losesNetwork: boolean;
  /** The most heartbeats that are replayed with one request. */
  replayAtOnce: number;
}

export interface AgentDeps {
  timeline: Timeline;
  tally: Tally;
  device: SimulatedDevice;
  /** When the network comes and goes. */
  random: Random;
  /** Sends heartbeats as soon as it is their turn. */
  send(heartbeats: readonly QueuedHeartbeat[]): Promise<IngestAnswer>;
  /** The wait after the given failure in a row, from 1, when the server doesn't say. */
  backoffMs(failures: number): number;
  /** Gets the member new credentials; false when the simulation stopped before. */
  registerAnew(): Promise<boolean>;
}

type Refusal = Extract<IngestAnswer, { outcome: 'unknown_device' | 'deleted_device' }>;

/** Devices that come back together don't send together. */
const RETURN_WITHIN_MS = 2_000;
const WIPES_CREDENTIALS_AFTER = 5;
/** In intervals: at least, and on average beyond that. */
const ONLINE_FOR = [2, 8] as const;
const OFFLINE_FOR = [1, 4] as const;

/**
 * One device's agent. It takes a heartbeat every interval and sends it at once; what can't be sent
 * goes to its queue, which is replayed from the oldest on, one request after the other, once the
 * network or the server is back.
 */
export class SimulatedAgent {
  readonly #queue = new HeartbeatQueue();
  readonly #member: FleetMember;
  readonly #behaviour: AgentBehaviour;
  readonly #deps: AgentDeps;
  #online = true;
  #registering = false;
  #gone = false;
  #stopped = false;
  #sendingFresh = false;
  #replaying = false;
  #unanswered = 0;
  #failures = 0;
  #refusals = 0;
  /** Nothing is sent before. */
  #waitUntil = 0;

  constructor(member: FleetMember, behaviour: AgentBehaviour, deps: AgentDeps) {
    this.#member = member;
    this.#behaviour = behaviour;
    this.#deps = deps;
  }

  get online(): boolean {
    return this.#online && !this.#gone;
  }

  /** Heartbeats that were taken and have no end yet: in the queue or on their way. */
  get queued(): number {
    return this.#queue.length + this.#unanswered;
  }

  get losses(): QueueLosses {
    return this.#queue.losses;
  }

  start(): void {
    const { firstAt, firstGapMs, losesNetwork } = this.#behaviour;
    this.#deps.timeline.at(firstAt, () => {
      this.#tick(firstAt, firstGapMs);
    });
    if (losesNetwork) this.#changeNetworkLater(firstAt);
  }

  /** Sends nothing more; what is under way comes to its end. */
  stop(): void {
    this.#stopped = true;
  }

  #tick(dueAt: number, gapMs: number): void {
    if (this.#gone || this.#stopped) return;
    const { device, tally, timeline } = this.#deps;
    const nextAt = dueAt + gapMs;
    timeline.at(nextAt, () => {
      this.#tick(nextAt, this.#behaviour.intervalMs);
    });
    const heartbeat = device.takeHeartbeat(dueAt, this.#online, this.#queue.length);
    tally.taken += 1;
    if (!this.#canSend()) {
      this.#queue.add({ ...heartbeat, dueAt: null });
    } else if (this.#sendingFresh) {
      // The server is slower than the interval: this one keeps its time, so that its wait shows.
      this.#queue.add(heartbeat);
      void this.#replay();
    } else {
      void this.#sendFresh(heartbeat);
    }
  }

  async #sendFresh(heartbeat: QueuedHeartbeat): Promise<void> {
    this.#sendingFresh = true;
    const settled = await this.#deliver([heartbeat], false);
    this.#sendingFresh = false;
    if (settled) void this.#replay();
  }

  async #replay(): Promise<void> {
    if (this.#replaying) return;
    this.#replaying = true;
    while (this.#canSend()) {
      const heartbeats = this.#queue.take(this.#behaviour.replayAtOnce, this.#deps.device.clock);
      if (heartbeats.length === 0 || !(await this.#deliver(heartbeats, true))) break;
    }
    this.#replaying = false;
  }

  /** Sends, and does with the answer what the agent does. Returns whether that was the end of them. */
  async #deliver(heartbeats: readonly QueuedHeartbeat[], replay: boolean): Promise<boolean> {
    const { tally, timeline } = this.#deps;
    const { token } = this.#member.credentials;
    const readyAt = timeline.now;
    this.#unanswered += heartbeats.length;
    const answer = await this.#deps.send(heartbeats);
    this.#unanswered -= heartbeats.length;
    switch (answer.outcome) {
      case 'accepted': {
        const dueAt = Math.min(...heartbeats.map((heartbeat) => heartbeat.dueAt ?? readyAt));
        const accepted = heartbeats.length - answer.rejected;
        tally.latency.record(timeline.now - dueAt);
        tally.accepted += accepted;
        if (replay) tally.replayed += accepted;
        this.#countRejected(answer.rejected, 'rejected_in_batch');
        this.#member.confirmed = true;
        this.#failures = 0;
        this.#refusals = 0;
        return true;
      }
      case 'rejected':
        this.#countRejected(heartbeats.length, answer.error);
        return true;
      case 'later':
        tally.countError(answer.error);
        this.#tryLater(heartbeats, answer.waitMs);
        return false;
      case 'unknown_device':
      case 'deleted_device':
        this.#beRefused(heartbeats, answer, token);
        return false;
    }
  }

  #countRejected(count: number, error: string): void {
    if (count === 0) return;
    this.#deps.tally.rejected += count;
    this.#deps.tally.countError(error, count);
  }

  #tryLater(heartbeats: readonly QueuedHeartbeat[], waitMs?: number): void {
    this.#failures += 1;
    this.#keep(heartbeats);
    this.#waitFor(waitMs ?? this.#deps.backoffMs(this.#failures));
  }

  #beRefused(heartbeats: readonly QueuedHeartbeat[], answer: Refusal, token: string): void {
    const { tally } = this.#deps;
    // Refused was the token of before.
    const outdated = token !== this.#member.credentials.token;
    if (outdated || !this.#member.confirmed) {
      this.#keep(heartbeats);
      if (!outdated) void this.#registerAnew();
      return;
    }
    tally.countError(answer.error);
    this.#tryLater(heartbeats);
    if (this.#gone) return;
    if (answer.outcome === 'deleted_device') {
      tally.deleted += 1;
      this.#gone = true;
      return;
    }
    this.#refusals += 1;
    if (this.#refusals < WIPES_CREDENTIALS_AFTER) return;
    tally.lockedOut += 1;
    this.#gone = true;
  }

  async #registerAnew(): Promise<void> {
    if (this.#registering) return;
    this.#registering = true;
    const registered = await this.#deps.registerAnew();
    this.#registering = !registered;
    void this.#replay();
  }

  #keep(heartbeats: readonly QueuedHeartbeat[]): void {
    this.#queue.putBack(heartbeats);
    this.#queue.postpone();
  }

  #waitFor(milliseconds: number): void {
    const { timeline } = this.#deps;
    this.#waitUntil = Math.max(this.#waitUntil, timeline.now + milliseconds);
    timeline.at(this.#waitUntil, () => {
      void this.#replay();
    });
  }

  #changeNetworkLater(from: number): void {
    const { timeline, random } = this.#deps;
    const [least, mean] = this.#online ? ONLINE_FOR : OFFLINE_FOR;
    const at = from + this.#behaviour.intervalMs * (least + random.exponential(mean));
    timeline.at(at, () => {
      this.#online = !this.#online;
      if (this.#online) {
        this.#failures = 0;
        this.#waitFor(random.between(0, Math.min(RETURN_WITHIN_MS, this.#behaviour.intervalMs)));
      } else {
        this.#queue.postpone();
      }
      this.#changeNetworkLater(at);
    });
  }

  #canSend(): boolean {
    const blocked = !this.#online || this.#registering || this.#gone || this.#stopped;
    return !blocked && this.#deps.timeline.now >= this.#waitUntil;
  }
}
