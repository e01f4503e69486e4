import { Agent, request } from 'node:http';
import { BenchError } from '../bench-error.ts';

export interface Answer {
  text: string;
  /** What the service says of how it read: `fast` or `legacy`. */
  readPath: string | undefined;
  /** From before the request to after the last byte of its answer. */
  milliseconds: number;
}

/** An answer other than 200. */
export class RefusedError extends BenchError {
  readonly status: number;
  readonly milliseconds: number;

  constructor(path: string, status: number, text: string, milliseconds: number) {
    const seconds = (milliseconds / 1_000).toFixed(1);
    super(`GET ${path} was answered with ${status} after ${seconds} s: ${text.slice(0, 300)}`);
    this.status = status;
    this.milliseconds = milliseconds;
  }
}

/** Longer than the query API lets any read take. */
const TIMEOUT_MS = 120_000;

/** Asks a query API as an operator, one request at a time over one connection. */
export class ApiClient {
  readonly #url: string;
  readonly #adminKey: string;
  readonly #stop: AbortSignal;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(options: { url: string; adminKey: string; stop: AbortSignal }) {
    this.#url = options.url;
    this.#adminKey = options.adminKey;
    this.#stop = options.stop;
  }

  /** @throws RefusedError */
  get(path: string): Promise<Answer> {
    return this.#send('GET', path);
  }

  async getJson(path: string): Promise<unknown> {
    return JSON.parse((await this.get(path)).text);
  }

  /** Sets a run-time flag; null for the default. */
  async setFlag(name: string, enabled: boolean | null): Promise<void> {
    await this.#send('PUT', `/ops/flags/${name}`, JSON.stringify({ enabled }));
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        'x-admin': this.#adminKey,
        ...(body === ''
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const started = performance.now();
      const options = { method, headers, agent: this.#agent, signal: this.#stop };
      const req = request(this.#url + path, { ...options, timeout: TIMEOUT_MS }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const milliseconds = performance.now() - started;
          const text = Buffer.concat(chunks).toString('utf8');
          const { statusCode = 0, headers: answered } = res;
          if (statusCode === 200) {
            const readPath = answered['x-read-path'];
            resolve({ text, readPath: readPath?.toString(), milliseconds });
          } else {
            reject(new RefusedError(path, statusCode, text, milliseconds));
          }
        });
      });
      req.on('error', reject);
      req.on('timeout', () => {
        req.destroy(new BenchError(`GET ${path} got no answer within ${TIMEOUT_MS / 1_000} s`));
      });
      req.end(body);
    });
  }
}
