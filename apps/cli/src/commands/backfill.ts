import {
  backfillStatus,
  LockHeldError,
  STATUS_CHANGES,
  type BackfillResult,
  type StatusChange,
} from '@nexmdm/db';
import type { Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { CommandError, requireSetting } from '../command-error.ts';
import { operatorName } from '../operator.ts';
import { wholeNumber } from '../option-values.ts';
import { openProgressLine } from '../progress-line.ts';
import { textTable } from '../text-table.ts';
import { withDatabase } from '../with-database.ts';

interface BackfillCommandOptions {
  days: number;
  dryRun?: true;
  restart?: true;
  json?: true;
}

const DEFAULT_DAYS = 7;
/** The longest retention there is, and a day for the one that is under way. */
const MAX_DAYS = 366;
/** A range of devices is a matter of seconds, on a busy disk of a minute. */
const STATEMENT_TIMEOUT_MS = 10 * 60_000;

const MEANINGS: Readonly<Record<(typeof STATUS_CHANGES)[number], string>> = {
  inserted: 'had no status',
  advanced: 'had an older state',
  repaired: 'had other values for the same heartbeat',
  seen_later: 'were seen later than was known',
};

export function addBackfillCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('backfill')
    .description(
      'bring the last status of every device to what the history of the last days knows, never backwards; broken off, it goes on where it was',
    )
    .option('--days <n>', 'how many days of history', wholeNumber(1, MAX_DAYS), DEFAULT_DAYS)
    .option('--dry-run', 'say what would change and change nothing')
    .option('--restart', 'begin with the first device, also when a run was broken off');
  withExample(command, 'backfill --days 7 --dry-run').action(
    async (options: BackfillCommandOptions) => {
      await runBackfill(options, context);
    },
  );
}

async function runBackfill(
  { days, json, ...options }: BackfillCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const config = context.readConfig();
  const database = {
    url: requireSetting(config.databaseUrl, 'DATABASE_URL'),
    applicationName: 'nexmdm-backfill',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    logger: context.createLogger(config),
  };
  const dryRun = options.dryRun === true;
  const progress = openProgressLine(output);
  try {
    const result = await withDatabase(database, (db) =>
      backfillStatus(db, {
        days,
        dryRun,
        restart: options.restart === true,
        trigger: operatorName(),
        onProgress: ({ devices, of_devices, ...counts }) => {
          const changed = STATUS_CHANGES.reduce((sum, change) => sum + counts[change], 0);
          const verb = dryRun ? 'would change' : 'changed';
          progress.show(`backfill: ${devices} of ${of_devices} devices, ${changed} ${verb}`);
        },
      }),
    );
    progress.end();
    if (json) output.printJson({ dry_run: dryRun, days, ...result });
    else output.print(describe(result, dryRun));
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new CommandError('Another backfill is at work; wait for its end.', { cause: error });
  } finally {
    progress.end();
  }
}

function describe(result: BackfillResult, dryRun: boolean): string {
  const { continued_from, devices, examples } = result;
  const changed = STATUS_CHANGES.filter((change) => result[change] > 0);
  const lines = changed.map(
    (change) => `  ${change.padEnd(10)}  ${result[change]}  (${MEANINGS[change]})`,
  );
  const of = `${devices} devices`;
  const heading =
    lines.length === 0
      ? `The last status of all ${of} is what the history says, or newer.`
      : dryRun
        ? `Of ${of} these would change; nothing was changed:`
        : `Of ${of} these changed:`;
  return [
    ...(continued_from === null
      ? []
      : [`Went on with the run of ${continued_from.toISOString()}; --restart begins anew.`]),
    heading,
    ...lines,
    ...(examples.length === 0 ? [] : ['', exampleTable(examples)]),
  ].join('\n');
}

function exampleTable(examples: readonly StatusChange[]): string {
  const rows = examples.map(({ device_id, change, before, after }) => {
    const columns = Object.keys(after).filter(
      (name) => JSON.stringify(before?.[name]) !== JSON.stringify(after[name]),
    );
    const text = columns.map(
      (name) => `${name} ${JSON.stringify(before?.[name])} -> ${JSON.stringify(after[name])}`,
    );
    return [device_id, change, before === null ? null : text.join(', ')];
  });
  return textTable(['FOR EXAMPLE', 'CHANGE', 'WHAT'], rows);
}
