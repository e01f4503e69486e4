import type { Latencies } from '../latencies.ts';
import type { ReadResult, ReadsReport } from './report.ts';

const HEADINGS = [
  ['', '', 'fast', '', '', '', '', 'legacy', '', '', '', '', ''],
  [
    'query',
    'request',
    'n',
    'p50',
    'p95',
    'p99',
    'x floor',
    'n',
    'p50',
    'p95',
    'p99',
    'speedup',
    '',
  ],
];
const LEFT_COLUMNS = new Set([0, 1, 12]);

/** The report for people. */
export function reportText(report: ReadsReport): string {
  const { fleet, machine, floor, results } = report;
  return [
    `${grouped(fleet.devices)} devices, ${grouped(fleet.heartbeats)} heartbeats of ${fleet.days} days (every ${fleet.interval_seconds} s), ${gigabytes(fleet.database_bytes)} in the database`,
    `PostgreSQL ${machine.postgres}, Node.js ${machine.node}, ${machine.cpus} CPUs, ${gigabytes(machine.memory_bytes)} of memory; load before the run ${machine.load_before}`,
    '',
    table([...HEADINGS, ...results.map(row)]),
    '',
    'Milliseconds, over HTTP, one request at a time. Speedup is legacy p50 / fast p95.',
    `The floor is ${floor.p50_ms} ms: p50 of GET /livez (${floor.livez.p50_ms}) and of SELECT 1 (${floor.select_1.p50_ms}); x floor is fast p50 / floor.`,
    ...results.flatMap(complaints),
    verdict(report),
  ].join('\n');
}

function row(result: ReadResult): string[] {
  const { query, request, fast, legacy, speedup, targets } = result;
  const missed = targets.filter(({ met }) => !met).map(({ target }) => target);
  return [
    query,
    request,
    ...latencyCells(fast),
    result.times_floor.toFixed(1),
    ...latencyCells(legacy),
    speedup === null ? '-' : `${speedup} x`,
    missed.length === 0 ? 'ok' : `missed: ${missed.join(', ')}`,
  ];
}

function latencyCells(latencies: Latencies | null): string[] {
  if (latencies === null) return ['-', '-', '-', '-'];
  const { requests, p50_ms: p50, p95_ms: p95, p99_ms: p99 } = latencies;
  return [String(requests), ...[p50, p95, p99].map((ms) => ms.toFixed(ms < 100 ? 1 : 0))];
}

function complaints({ query, request, legacy_error: error, differing }: ReadResult): string[] {
  return [
    ...(error === null ? [] : [`${query}, ${request}: ${error}`]),
    ...differing.map((path) => `Fast and legacy differ for GET ${path}`),
  ];
}

function verdict({ judged, passed, results }: ReadsReport): string {
  const compared = results.reduce((sum, one) => sum + one.compared, 0);
  const agreed = `${compared} answers were the same both ways`;
  if (!passed) return 'FAILED';
  return judged ? `${agreed}; every target is met.` : `${agreed}; targets don't count.`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) =>
          LEFT_COLUMNS.has(column)
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
