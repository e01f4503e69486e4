import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Why a client that doesn't read is cut off. */
export type DropReason = 'backlog' | 'blocked';

/** About five of the largest events; all clients share their bytes, so it is no memory of each. */
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_BLOCKED_MS = 30_000;

/** An open answer to which events are written for as long as they are read. */
export class EventClient {
  readonly wantsDevices: boolean;
  /** It knows how things stand, and gets what comes from then on. */
  welcomed = false;
  readonly #res: ServerResponse;
  readonly #socket: Socket | null;
  #blockedSince: number | undefined;

  constructor(res: ServerResponse, wantsDevices: boolean) {
    this.#res = res;
    this.#socket = res.socket;
    this.wantsDevices = wantsDevices;
    res.on('drain', () => {
      this.#blockedSince = undefined;
    });
    // A connection that breaks shows as `close`.
    res.on('error', () => {});
  }

  get gone(): boolean {
    return this.#res.destroyed || this.#res.writableEnded;
  }

  /** Writes it, or says why the client has to be cut off instead. */
  send(bytes: Buffer): DropReason | undefined {
    if (this.gone) return undefined;
    if (this.#res.writableLength > MAX_WAITING_BYTES) return 'backlog';
    const now = performance.now();
    if (now - (this.#blockedSince ?? now) > MAX_BLOCKED_MS) return 'blocked';
    if (!this.#res.write(bytes)) this.#blockedSince ??= now;
    return undefined;
  }

  /** Lets arrive what is written, then closes. */
  end(): void {
    if (!this.gone) this.#res.end();
  }

  /** Closes at once, and throws away what waits, in the kernel too. */
  cutOff(): void {
    this.#socket?.resetAndDestroy();
  }
}
