import { listPendingMigrations, LockHeldError } from '@nexmdm/db';
import type { Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { CommandError, requireSetting } from '../command-error.ts';
import { Findings } from '../import/findings.ts';
import { resultText } from '../import/result-text.ts';
import { runImport } from '../import/run-import.ts';
import { operatorName } from '../operator.ts';
import { wholeNumber } from '../option-values.ts';
import { openProgressLine } from '../progress-line.ts';
import { POSTGRES_PORT, serverAddress } from '../server-address.ts';
import { withDatabase } from '../with-database.ts';

interface ImportCommandOptions {
  from: string;
  historyDays?: number;
  everyDay?: true;
  report?: string;
  dryRun?: true;
  json?: true;
}

const MAX_DAYS = 365;
/** The source sorts the heartbeats of a day. */
const SOURCE_TIMEOUT_MS = 30 * 60_000;
const TARGET_TIMEOUT_MS = 5 * 60_000;

export function addImportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('import')
    .description(
      'copy devices, last statuses and history from a database of the first NexMDM into DATABASE_URL; broken off, it goes on where it was, and run again it changes nothing',
    )
    .requiredOption(
      '--from <url>',
      'the database of the first NexMDM, which is only read; its password is better in PGPASSWORD than here, where others see it',
    )
    .option(
      '--history-days <n>',
      'how many days of history, 0 for none; as many as RETENTION_DAYS unless given',
      wholeNumber(0, MAX_DAYS),
    )
    .option('--every-day', 'read also the days that an earlier run has completed')
    .option(
      '--report <file>',
      'write what was skipped or is to be known there, a JSON object a line',
    )
    .option('--dry-run', 'read everything, say what would be imported and change nothing');
  withExample(
    command,
    'import --from postgres://reader@old-server/nexmdm --history-days 30 --dry-run',
  ).action(async (options: ImportCommandOptions) => {
    await importFrom(options, context);
  });
}

async function importFrom(options: ImportCommandOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const config = context.readConfig();
  const url = requireSetting(config.databaseUrl, 'DATABASE_URL');
  checkAddress(options.from);
  const common = { applicationName: 'nexmdm-import', logger: context.createLogger(config) };
  const target = { ...common, url, statementTimeoutMs: TARGET_TIMEOUT_MS };
  const source = {
    ...common,
    url: options.from,
    setting: '--from',
    statementTimeoutMs: SOURCE_TIMEOUT_MS,
  };
  const dryRun = options.dryRun === true;
  const progress = openProgressLine(output);
  const findings = await Findings.open(options.report);
  try {
    const result = await withDatabase(source, (from) =>
      withDatabase(target, async (into) => {
        if ((await listPendingMigrations(into, config.migrationsFolder)).length > 0) {
          throw new CommandError(
            'DATABASE_URL lacks tables of this version. Run "npx --yes pnpm nexmdm migrate".',
          );
        }
        return runImport({
          source: from,
          target: into,
          address: serverAddress(options.from, POSTGRES_PORT),
          historyDays: options.historyDays ?? config.retentionDays,
          dryRun,
          everyDay: options.everyDay === true,
          trigger: operatorName(),
          findings,
          progress: (text) => {
            progress.show(text);
          },
        });
      }),
    );
    progress.end();
    if (options.json) output.printJson({ dry_run: dryRun, ...result });
    else output.print(resultText(result, { dryRun, report: options.report }));
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new CommandError('Another import is at work; wait for its end.', { cause: error });
  } finally {
    progress.end();
    await findings.close();
  }
}

/** Not by the parser of the command line, which would show the value with its password. */
function checkAddress(url: string): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (['postgres:', 'postgresql:'].includes(protocol)) return;
  throw new CommandError(
    '--from must be a URL such as postgres://user:password@host:5432/database.',
  );
}
