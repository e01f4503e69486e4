import { Agent, request } from 'node:http';
import type { RegisteredDevice } from './client.ts';
import { heartbeatAt } from './fixtures.ts';

const BUCKET_MS = 10_000;
const TICK_MS = 10;
const REQUEST_TIMEOUT_MS = 30_000;

export interface LoadOptions {
  /** Where to send; asked for each request, because a restarted service may listen elsewhere. */
  url: () => string;
  devices: readonly RegisteredDevice[];
  ratePerSecond: number;
  maxInFlight?: number;
}

export interface LoadResult {
  /** `<device id> <bucket start in ms>` of every heartbeat that was answered with 202. */
  acknowledged: ReadonlySet<string>;
  /** Answers by status code. */
  statuses: ReadonlyMap<number, number>;
  /** Requests that reached a server and got no whole answer. */
  cutOff: number;
  /** Requests for which there was no connection. */
  notConnected: number;
}

/** Devices that report without a pause; every heartbeat has a 10 s bucket of its own. */
export class Load {
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #acknowledged = new Set<string>();
  readonly #statuses = new Map<number, number>();
  readonly #startBucket = Math.floor((Date.now() - 20 * 3_600_000) / BUCKET_MS);
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #sent = 0;
  #inFlight = 0;
  #cutOff = 0;
  #notConnected = 0;
  #idle: (() => void) | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => {
      this.#sendDue();
    }, TICK_MS);
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get result(): LoadResult {
    return {
      acknowledged: this.#acknowledged,
      statuses: this.#statuses,
      cutOff: this.#cutOff,
      notConnected: this.#notConnected,
    };
  }

  /** Sends no more and waits for the answers still due. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer);
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.#agent.destroy();
    return this.result;
  }

  #sendDue(): void {
    const { ratePerSecond, maxInFlight = 2_000 } = this.#options;
    const due = Math.floor(((performance.now() - this.#startedAt) / 1000) * ratePerSecond);
    // What a stalled service didn't take is not made up for later.
    if (this.#inFlight >= maxInFlight) this.#sent = due;
    while (this.#sent < due && this.#inFlight < maxInFlight) this.#send();
  }

  #send(): void {
    const { devices, url } = this.#options;
    const device = devices[this.#sent % devices.length] as RegisteredDevice;
    const bucket = this.#startBucket + Math.floor(this.#sent / devices.length);
    this.#sent += 1;
    const bucketStart = bucket * BUCKET_MS;
    const body = JSON.stringify(heartbeatAt(bucketStart + 3));
    this.#inFlight += 1;
    let over = false;
    const finish = () => {
      if (over) return;
      over = true;
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#idle?.();
    };
    const req = request(`${url()}/v1/heartbeat`, {
      method: 'POST',
      agent: this.#agent,
      timeout: REQUEST_TIMEOUT_MS,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        authorization: `Bearer ${device.device_token}`,
      },
    });
    req.on('response', (res) => {
      res.resume();
      res.on('end', () => {
        const status = res.statusCode ?? 0;
        this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
        if (status === 202) this.#acknowledged.add(`${device.device_id} ${bucketStart}`);
        finish();
      });
      res.on('error', () => {
        this.#cutOff += 1;
        finish();
      });
    });
    req.on('timeout', () => {
      req.destroy();
    });
    req.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') this.#notConnected += 1;
      else this.#cutOff += 1;
      finish();
    });
    req.end(body);
  }
}
