import { Counter, Gauge, type Registry } from '@nexmdm/service';
import type { DropReason } from './event-client.ts';
import type { EventName } from './event-bytes.ts';

export interface EventMetrics {
  clients: Gauge;
  clientsDropped: Counter<'reason'>;
  events: Counter<'event'>;
  messagesIgnored: Counter;
}

export function createEventMetrics(registry: Registry): EventMetrics {
  const registers = [registry];
  const clientsDropped = new Counter({
    name: 'sse_clients_dropped_total',
    help: 'Clients of /v1/events cut off because they did not read, by reason',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['backlog', 'blocked'] satisfies DropReason[]) {
    clientsDropped.inc({ reason }, 0);
  }
  const events = new Counter({
    name: 'sse_events_total',
    help: 'Events told to all clients of /v1/events; each counts once',
    labelNames: ['event'],
    registers,
  });
  for (const event of ['counts', 'devices', 'feed'] satisfies EventName[]) events.inc({ event }, 0);
  return {
    clients: new Gauge({
      name: 'sse_clients',
      help: 'Open streams of /v1/events',
      registers,
    }),
    clientsDropped,
    events,
    messagesIgnored: new Counter({
      name: 'change_messages_ignored_total',
      help: 'Messages about changed devices that made no sense',
      registers,
    }),
  };
}
