import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import type { EventHub } from './hub.ts';
import { streamEventsOperation } from './schema.ts';

export interface EventsDeps {
  events: Pick<EventHub, 'assertRoom' | 'join'>;
}

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would keep events back until its buffer is full.
  'x-accel-buffering': 'no',
  // Nothing can follow on it, and a stop need not wait for the client to close it.
  connection: 'close',
};

export function streamEventsEndpoint({ events }: EventsDeps): Endpoint {
  return endpoint(streamEventsOperation, async ({ query, req, res }) => {
    events.assertRoom();
    res.writeHead(200, HEADERS);
    if (req.method === 'HEAD') res.end();
    else events.join(res, { devices: query.devices });
    return undefined;
  });
}
