import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { readIngestAnswer, type HttpAnswer, type IngestAnswer } from './ingest-answer.ts';

export interface IngestClientOptions {
  url: string;
  /** Connections kept open at most. */
  maxSockets: number;
  requestTimeoutMs: number;
}

/** What using a connection gives that the other side closed. */
const STALE_CODES = ['ECONNRESET', 'EPIPE'];

/** Connections to the ingest API, kept alive and shared by all devices. */
export class IngestClient {
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #targets: Record<'heartbeat' | 'heartbeats' | 'register', http.RequestOptions>;
  readonly #requestTimeoutMs: number;
  readonly #open = new Set<http.ClientRequest>();
  #closed = false;

  constructor({ url, maxSockets, requestTimeoutMs }: IngestClientOptions) {
    const secure = new URL(url).protocol === 'https:';
    const agentOptions = { keepAlive: true, maxSockets };
    this.#agent = secure ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
    this.#request = secure ? https.request : http.request;
    this.#requestTimeoutMs = requestTimeoutMs;
    const target = (path: string) => urlToHttpOptions(new URL(url.replace(/\/*$/, path)));
    this.#targets = {
      heartbeat: target('/v1/heartbeat'),
      heartbeats: target('/v1/heartbeats'),
      register: target('/v1/register'),
    };
  }

  async sendHeartbeat(token: string, body: string): Promise<IngestAnswer> {
    return this.#send(this.#targets.heartbeat, token, body);
  }

  async sendBatch(token: string, sentAt: string, bodies: readonly string[]): Promise<IngestAnswer> {
    const body = `{"sent_at":${JSON.stringify(sentAt)},"heartbeats":[${bodies.join(',')}]}`;
    return this.#send(this.#targets.heartbeats, token, body);
  }

  /** @throws Error when there was no answer */
  async register(adminKey: string, alias: string): Promise<HttpAnswer> {
    return this.#post(this.#targets.register, { 'x-admin': adminKey }, JSON.stringify({ alias }));
  }

  /** Cuts off what is under way and closes every connection; what is sent later fails at once. */
  close(): void {
    this.#closed = true;
    for (const request of this.#open) request.destroy(new CutOffError('the client is closed'));
    this.#agent.destroy();
  }

  async #send(target: http.RequestOptions, token: string, body: string): Promise<IngestAnswer> {
    try {
      const answer = await this.#post(target, { authorization: `Bearer ${token}` }, body);
      return readIngestAnswer(answer, Date.now());
    } catch (error) {
      return { outcome: 'later', error: networkErrorKind(error), waitMs: undefined };
    }
  }

  async #post(
    target: http.RequestOptions,
    headers: http.OutgoingHttpHeaders,
    body: string,
  ): Promise<HttpAnswer> {
    try {
      return await this.#postOnce(target, headers, body);
    } catch (error) {
      // The server closed an idle connection at the moment it was used again. As the agent's HTTP
      // client does, once more on another one; a heartbeat that arrives twice is stored once.
      if (!(error instanceof StaleConnectionError)) throw error;
      return this.#postOnce(target, headers, body);
    }
  }

  #postOnce(
    target: http.RequestOptions,
    headers: http.OutgoingHttpHeaders,
    body: string,
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new CutOffError('the client is closed');
      const request = this.#request({
        ...target,
        method: 'POST',
        agent: this.#agent,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      });
      this.#open.add(request);
      const timer = setTimeout(() => {
        request.destroy(new TimeoutError(`no answer within ${this.#requestTimeoutMs} ms`));
      }, this.#requestTimeoutMs);
      request.once('close', () => {
        clearTimeout(timer);
        this.#open.delete(request);
        // Resolved already, unless the connection broke without an error.
        reject(new Error('the connection was closed'));
      });
      request.on('error', (error) => {
        const stale = request.reusedSocket && STALE_CODES.includes(codeOf(error) ?? '');
        reject(
          stale ? new StaleConnectionError('the connection was closed', { cause: error }) : error,
        );
      });
      request.once('response', (response) => {
        collect(response, resolve);
        response.on('error', reject);
      });
      request.end(body);
    });
  }
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

class CutOffError extends Error {
  override readonly name = 'CutOffError';
}

class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

/** Few values: they are lines of the summary. */
export function networkErrorKind(error: unknown): string {
  if (error instanceof TimeoutError) return 'timeout';
  if (error instanceof CutOffError) return 'unanswered_at_stop';
  return codeOf(error) ?? 'network_error';
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function collect(response: http.IncomingMessage, done: (answer: HttpAnswer) => void): void {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.once('end', () => {
    done({
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body: Buffer.concat(chunks).toString('utf8'),
    });
  });
}
