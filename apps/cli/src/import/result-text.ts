import { printable, textTable } from '../text-table.ts';
import { REASONS } from './findings.ts';
import type { ImportResult } from './run-import.ts';

/** What an import did, or would do, for people. */
export function resultText(result: ImportResult, { dryRun, report }: TextOptions): string {
  const { devices, statuses, history, reasons, examples } = result;
  const heading = dryRun ? 'WOULD IMPORT' : 'IMPORTED';
  const rows = [
    ['devices', devices.read, devices.imported, devices.already_there, devices.skipped],
    [
      'last statuses',
      statuses.imported + statuses.advanced + statuses.already_there,
      statuses.imported + statuses.advanced,
      statuses.already_there,
      0,
    ],
    ...(history === null
      ? []
      : [
          [
            'heartbeats',
            history.read,
            history.imported,
            history.already_there,
            history.left_out + history.same_bucket + history.in_future,
          ],
        ]),
  ];
  const lines = [textTable(['', 'READ', heading, 'ALREADY THERE', 'LEFT OUT'], rows)];
  lines.push('', `${statuses.never_reported} devices never reported and have no status.`);
  if (history !== null) lines.push(...historyLines(history));
  const kindOf = (reason: string) => examples.find((example) => example.reason === reason)?.kind;
  const entries = Object.entries(reasons).sort(([a], [b]) =>
    String(kindOf(b)).localeCompare(String(kindOf(a))),
  );
  for (const [reason, count] of entries) {
    const found = examples.filter((example) => example.reason === reason);
    const kind = kindOf(reason) ?? 'note';
    lines.push('', `${kind}: ${count} × ${reason}: ${REASONS[reason as keyof typeof REASONS]}`);
    lines.push(
      ...found.map(
        ({ device_id, alias }) =>
          `  ${printable(`${device_id ?? '-'}  ${shortened(alias ?? '-')}`)}`,
      ),
    );
    if (count > found.length) lines.push(`  and ${count - found.length} more`);
  }
  if (devices.skipped > 0) lines.push('', SKIPPED);
  if (report !== undefined) lines.push('', `All of it is in ${report}.`);
  if (dryRun) lines.push('', 'Nothing was changed.');
  return lines.join('\n');
}

function shortened(alias: string): string {
  return alias.length > MAX_ALIAS_SHOWN ? `${alias.slice(0, MAX_ALIAS_SHOWN)}…` : alias;
}

const MAX_ALIAS_SHOWN = 60;

interface TextOptions {
  dryRun: boolean;
  /** The file with all findings. */
  report: string | undefined;
}

const SKIPPED =
  'The agent of a skipped device is answered 401, and after five of these it throws its credentials\n' +
  'away: mend the device in the source and import again before its agent reports here.';

function historyLines(history: NonNullable<ImportResult['history']>): string[] {
  const { same_bucket, in_future, left_out, days, days_done_before, days_closed } = history;
  return [
    `Of the heartbeats left out, ${same_bucket} came within 10 s of another one, ${left_out} are of devices that are not imported and ${in_future} of times still to come.`,
    ...(days_done_before > 0
      ? [
          `${days_done_before} of ${days} days were complete before and not read again (--every-day does).`,
        ]
      : []),
    ...(days_closed.length > 0
      ? [`Not imported, because they are archived here: ${days_closed.join(', ')}.`]
      : []),
  ];
}
