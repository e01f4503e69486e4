import { MAX_EVENT_DEVICES } from '@nexmdm/contracts';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { booleanParameter } from '../api/parameters.ts';

export const streamEventsOperation = {
  method: 'get',
  path: '/v1/events',
  operationId: 'streamEvents',
  tag: 'events',
  summary: 'What changes in the fleet, as it happens (server-sent events)',
  description: `Stays open. Every event has an \`id\` that grows, and JSON as its \`data\`:

| event | when | data |
|---|---|---|
| \`counts\` | at once, then every 5 seconds | \`{total, online, offline, never_seen, low_battery, unity_down, unity_unknown, service_down, at}\`: the fleet in numbers, and when they were read |
| \`feed\` | after the first \`counts\`, then when it changes | \`{available}\`: whether changed devices can be told at the moment |
| \`devices\` | when devices sent heartbeats, or were registered in bulk, changed, deleted or restored; once a second at most | \`{changed, truncated, devices, removed}\`: how many since the event before (an estimate when they are many), whether they are more than these, and ${MAX_EVENT_DEVICES} of them at most: \`devices\` as \`GET /v1/devices/{id}\` shows them, \`removed\` the ids of those that were deleted |

A comment \`: keep-alive\` comes every 15 seconds. Events that are missed are not repeated: after a
new connection, and after \`feed\` has said \`{"available":true}\` once more, read anew what you show.

While the database is away no \`counts\` come; the connection stays. A client that doesn't read is
disconnected once a mebibyte waits for it, or something waits for 30 seconds. EventSource can't send
\`x-admin\`: use a client that can.`,
  query: z.strictObject({
    devices: booleanParameter
      .default(true)
      .describe('`false` for `counts` alone')
      .meta({ parameter: { type: 'boolean', default: true } }),
  }),
  answers: { 200: { description: 'The events', contentType: 'text/event-stream' } },
  problems: { 503: 'This process has as many clients as it takes, or it stops; see `Retry-After`' },
} as const satisfies Operation;
