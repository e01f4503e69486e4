import { Counter, Gauge, Histogram, LATENCY_BUCKETS_MS, type Registry } from '@nexmdm/service';

export interface WriterMetrics {
  writes: Counter;
  deduplicated: Counter;
  statusUpserts: Counter;
  factsUpdates: Counter;
  writeLatencyMs: Histogram;
  batchRows: Histogram;
  retries: Counter<'code'>;
  reclaimedEntries: Counter;
  deadLetters: Counter<'reason'>;
  partitionsCreated: Counter;
  partitionCreateFailures: Counter;
  changesDropped: Counter;
  backlog: Gauge<'shard'>;
  oldestPendingSeconds: Gauge;
}

export function createWriterMetrics(registry: Registry): WriterMetrics {
  const registers = [registry];
  return {
    writes: new Counter({
      name: 'hb_writes_total',
      help: 'Heartbeats stored in the history',
      registers,
    }),
    deduplicated: new Counter({
      name: 'hb_dedupe_total',
      help: 'Heartbeats whose 10 s bucket the history had already',
      registers,
    }),
    statusUpserts: new Counter({
      name: 'last_status_upserts_total',
      help: 'Last statuses inserted or moved forward',
      registers,
    }),
    factsUpdates: new Counter({
      name: 'device_facts_updates_total',
      help: 'Devices whose slow facts changed',
      registers,
    }),
    writeLatencyMs: new Histogram({
      name: 'hb_write_latency_ms',
      help: 'Time to write a batch into history and last status, in milliseconds',
      buckets: LATENCY_BUCKETS_MS,
      registers,
    }),
    batchRows: new Histogram({
      name: 'hb_write_batch_rows',
      help: 'Heartbeats in a batch',
      buckets: [1, 5, 10, 50, 100, 250, 500, 1000, 2000, 5000, 10_000],
      registers,
    }),
    retries: new Counter({
      name: 'hb_write_retries_total',
      help: 'Batches tried again after a fault that passes, by SQLSTATE or socket error',
      labelNames: ['code'],
      registers,
    }),
    reclaimedEntries: new Counter({
      name: 'stream_reclaimed_entries_total',
      help: 'Stream entries taken over from writers that died',
      registers,
    }),
    deadLetters: new Counter({
      name: 'stream_dead_letters_total',
      help: 'Entries put aside in hb:dead, by reason',
      labelNames: ['reason'],
      registers,
    }),
    partitionsCreated: new Counter({
      name: 'partitions_created_total',
      help: 'Day partitions made',
      registers,
    }),
    partitionCreateFailures: new Counter({
      name: 'partition_create_failures_total',
      help: 'Day partitions that could not be made',
      registers,
    }),
    changesDropped: new Counter({
      name: 'change_messages_dropped_total',
      help: 'Messages about changed devices that were lost because Redis did not take them',
      registers,
    }),
    backlog: new Gauge({
      name: 'stream_backlog_heartbeats',
      help: 'Heartbeats acknowledged to devices and not yet stored, by shard',
      labelNames: ['shard'],
      registers,
    }),
    oldestPendingSeconds: new Gauge({
      name: 'stream_oldest_pending_seconds',
      help: 'Age of the oldest heartbeat not yet stored; 0 when there is none',
      registers,
    }),
  };
}
