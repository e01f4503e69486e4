import { stringifyExactJson } from '@nexmdm/contracts';

/** The events of the stream, as EventSource clients name them. */
export type EventName = 'counts' | 'devices' | 'feed';

/** An event as it goes over the wire, made once for all who get it. */
export function eventBytes(id: number, name: EventName, data: unknown): Buffer {
  return Buffer.from(`id: ${id}\nevent: ${name}\ndata: ${stringifyExactJson(data)}\n\n`);
}

/** Tells an EventSource how long to wait before it comes back. */
export function retryBytes(milliseconds: number): Buffer {
  return Buffer.from(`retry: ${milliseconds}\n\n`);
}

/** Something that clients ignore, so that nobody on the way takes the connection for dead. */
export const KEEP_ALIVE = Buffer.from(': keep-alive\n\n');
