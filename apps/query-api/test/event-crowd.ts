import { connect, type Socket } from 'node:net';

/**
 * Many clients of `/v1/events` as a process of its own: `<url> <admin key> <clients> <of them with
 * devices>`. It counts what they get and reports that to its parent twice a second.
 */

export interface CrowdReport {
  /** Clients whose answer has begun. */
  open: number;
  /** Clients whose stream broke off or ended. */
  over: number;
  /** Of those with the last chunk, as a stream that ended as it should. */
  ended: number;
  /** The fewest events `counts` that a client got. */
  fewestCounts: number;
  /** The fewest events `devices` that a client got which wants them. */
  fewestDevices: number;
  /** The largest number of bytes that one client got. */
  mostBytes: number;
}

const REPORT_MS = 500;
const CONNECTING_AT_ONCE = 50;
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

class Client {
  readonly wantsDevices: boolean;
  counts = 0;
  devices = 0;
  bytes = 0;
  open = false;
  over = false;
  ended = false;
  #tail = Buffer.alloc(0);

  constructor(wantsDevices: boolean) {
    this.wantsDevices = wantsDevices;
  }

  take(chunk: Buffer): void {
    // What is looked for may lie across the border of two chunks.
    const head = Buffer.concat([this.#tail, chunk.subarray(0, 64)]);
    if (!this.open && head.includes('HTTP/1.1 200')) this.open = true;
    const from = this.#tail.length;
    const whole = from === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    this.counts += occurrences(whole, 'event: counts', from);
    this.devices += occurrences(whole, 'event: devices', from);
    this.ended = whole.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    this.#tail = Buffer.from(whole.subarray(-16));
    this.bytes += chunk.length;
  }
}

/** How often it is there, not counting those that end within the first `from` bytes. */
function occurrences(bytes: Buffer, text: string, from: number): number {
  let found = 0;
  let at = bytes.indexOf(text, Math.max(0, from - text.length + 1));
  while (at !== -1) {
    found += 1;
    at = bytes.indexOf(text, at + text.length);
  }
  return found;
}

async function join(url: URL, key: string, client: Client): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket: Socket = connect(Number(url.port), url.hostname, () => {
    const path = client.wantsDevices ? '/v1/events' : '/v1/events?devices=false';
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${url.host}\r\nx-admin: ${key}\r\n\r\n`);
  });
  socket.on('data', (chunk) => {
    client.take(chunk);
    if (client.open) resolve();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    client.over = true;
    resolve();
  });
  await promise;
}

function report(clients: readonly Client[]): CrowdReport {
  const withDevices = clients.filter(({ wantsDevices }) => wantsDevices);
  return {
    open: clients.filter(({ open }) => open).length,
    over: clients.filter(({ over }) => over).length,
    ended: clients.filter(({ over, ended }) => over && ended).length,
    fewestCounts: Math.min(...clients.map(({ counts }) => counts)),
    fewestDevices: Math.min(...withDevices.map(({ devices }) => devices)),
    mostBytes: Math.max(...clients.map(({ bytes }) => bytes)),
  };
}

const [url = '', key = '', size = '0', withDevices = '0'] = process.argv.slice(2);
const clients = Array.from(
  { length: Number(size) },
  (_, index) => new Client(index < Number(withDevices)),
);
setInterval(() => process.send?.(report(clients)), REPORT_MS);
process.on('disconnect', () => process.exit(0));
for (let first = 0; first < clients.length; first += CONNECTING_AT_ONCE) {
  const some = clients.slice(first, first + CONNECTING_AT_ONCE);
  await Promise.all(some.map((client) => join(new URL(url), key, client)));
}
