import { Counter, exposeGauge, type Registry } from '@nexmdm/service';

export interface IngestMetrics {
  ingested: Counter;
  rejected: Counter<'reason'>;
  authFailures: Counter<'reason'>;
  clockFallbacks: Counter<'reason'>;
}

export function createIngestMetrics(registry: Registry, cachedTokens: () => number): IngestMetrics {
  const registers = [registry];
  exposeGauge(registry, {
    name: 'device_tokens_cached',
    help: 'Device tokens kept in memory',
    read: cachedTokens,
  });
  return {
    ingested: new Counter({
      name: 'heartbeats_ingested_total',
      help: 'Heartbeats acknowledged to devices: they are in Redis',
      registers,
    }),
    rejected: new Counter({
      name: 'heartbeats_rejected_total',
      help: 'Heartbeats not taken, by reason',
      labelNames: ['reason'],
      registers,
    }),
    authFailures: new Counter({
      name: 'device_auth_failures_total',
      help: 'Requests of devices without a valid token, by reason',
      labelNames: ['reason'],
      registers,
    }),
    clockFallbacks: new Counter({
      name: 'heartbeat_clock_fallbacks_total',
      help: 'Heartbeats that got the time of their arrival because their own could not be used, by reason',
      labelNames: ['reason'],
      registers,
    }),
  };
}
