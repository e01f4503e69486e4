import type { FleetSnapshot, SimulationSummary } from './summary.ts';

const count = new Intl.NumberFormat('en-US');

/** One line of how it goes. */
export function progressText({
  devices,
  online,
  queued,
  elapsedSeconds,
  tally,
}: FleetSnapshot): string {
  const { latency } = tally;
  const away = devices - online - tally.deleted - tally.lockedOut;
  const parts = [
    formatDuration(elapsedSeconds),
    `${count.format(online)} of ${count.format(devices)} devices online${away > 0 ? `, ${count.format(away)} without network` : ''}`,
    `${count.format(tally.accepted)} accepted`,
    `${(tally.accepted / Math.max(elapsedSeconds, 0.001)).toFixed(1)}/s`,
    ...(latency.count === 0
      ? []
      : [
          `p95 ${milliseconds(latency.quantile(0.95))}`,
          `p99 ${milliseconds(latency.quantile(0.99))}`,
        ]),
    `${count.format(queued)} queued`,
    `${count.format(tally.errorCount)} errors`,
  ];
  return parts.join(' | ');
}

export function summaryText(summary: SimulationSummary): string {
  const { latency_ms: latency, errors, targets } = summary;
  const errorKinds = Object.entries(errors).map(
    ([kind, times]) => `${kind} ${count.format(times)}`,
  );
  const lines = [
    `Simulated ${count.format(summary.devices)} devices for ${formatDuration(summary.duration_seconds)} (seed ${summary.seed})`,
    `  heartbeats  ${heartbeatsText(summary)}`,
    `  requests    ${count.format(summary.requests)}, errors ${errorKinds.length === 0 ? '0' : errorKinds.join(', ')}`,
    `  rate        ${summary.accepted_per_second} accepted/s`,
    ...(latency === null
      ? []
      : [
          `  latency     p50 ${milliseconds(latency.p50)}, p95 ${milliseconds(latency.p95)}, p99 ${milliseconds(latency.p99)}, max ${milliseconds(latency.max)} (from when each was due)`,
        ]),
    ...devicesText(summary),
    ...targets.map(
      ({ name, limit, value, met }) =>
        `  ${met ? 'met   ' : 'MISSED'}      ${name}: ${value} (target ${limit === 0 ? '0' : `< ${limit}`})`,
    ),
  ];
  if (summary.requests === 0) lines.push('  nothing was sent');
  return lines.join('\n');
}

function heartbeatsText(summary: SimulationSummary): string {
  const optional = ['rejected', 'queued', 'coalesced', 'overflowed', 'expired'] as const;
  return [
    `${count.format(summary.taken)} taken`,
    `${count.format(summary.accepted)} accepted${summary.replayed > 0 ? ` (${count.format(summary.replayed)} replayed)` : ''}`,
    ...optional
      .filter((name) => summary[name] > 0)
      .map((name) => `${count.format(summary[name])} ${name === 'queued' ? 'still queued' : name}`),
  ].join(', ');
}

function devicesText(summary: SimulationSummary): string[] {
  const parts = [
    [summary.registered_anew, 'registered anew'],
    [summary.deleted_devices, 'deleted at the server'],
    [summary.locked_out_devices, 'locked out by 401'],
  ] as const;
  const said = parts.filter(([devices]) => devices > 0);
  if (said.length === 0) return [];
  return [`  devices     ${said.map(([devices, what]) => `${devices} ${what}`).join(', ')}`];
}

function milliseconds(value: number | null): string {
  if (value === null) return '-';
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
}

function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}
