import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { parseExactJson } from '@nexmdm/contracts';
import { TEST_ADMIN_KEY, waitFor } from '@nexmdm/testing';

export interface ReceivedEvent {
  id: number;
  event: string;
  data: unknown;
}

/** A client of `/v1/events` that keeps all it gets. */
export class EventStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly events: ReceivedEvent[] = [];
  /** The parts of the stream that aren't events. */
  readonly notes: string[] = [];
  /** Resolves when the answer is over, with whether it ended as it should. */
  readonly over: Promise<boolean>;
  readonly #res: IncomingMessage;
  #rest = '';

  private constructor(res: IncomingMessage) {
    this.#res = res;
    this.status = res.statusCode ?? 0;
    this.headers = res.headers;
    const over = Promise.withResolvers<boolean>();
    this.over = over.promise;
    res.setEncoding('utf8').on('data', (text: string) => {
      this.#read(text);
    });
    res.on('error', () => {});
    res.on('close', () => {
      over.resolve(res.complete);
    });
  }

  static open(
    url: string,
    path = '/v1/events',
    headers: Readonly<Record<string, string>> = { 'x-admin': TEST_ADMIN_KEY },
  ): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      get(`${url}${path}`, { headers, agent: false }, (res) => {
        resolve(new EventStream(res));
      }).on('error', reject);
    });
  }

  /** All of a name that came so far. */
  of<T = unknown>(name: string): T[] {
    return this.events.filter(({ event }) => event === name).map(({ data }) => data as T);
  }

  /** Waits until so many of a name have come. */
  async until<T = unknown>(name: string, count = 1): Promise<T[]> {
    return waitFor(`${count} events ${name}`, () => {
      const all = this.of<T>(name);
      return all.length >= count && all;
    });
  }

  /** Reads no more, and so doesn't notice either when the connection ends. */
  pause(): void {
    this.#res.pause();
  }

  resume(): void {
    this.#res.resume();
  }

  close(): void {
    this.#res.destroy();
  }

  #read(text: string): void {
    const parts = (this.#rest + text).split('\n\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const event = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(part);
      if (event === null) this.notes.push(part);
      else {
        const [, id, name = '', data = ''] = event;
        this.events.push({ id: Number(id), event: name, data: parseExactJson(data) });
      }
    }
  }
}
