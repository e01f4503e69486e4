import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { wholeNumber } from '../option-values.ts';
import type { BenchContext } from '../run-bench.ts';
import { reportText } from './report-text.ts';
import { runReads, type ReadsOptions } from './run-reads.ts';

type Size = Pick<ReadsOptions, 'devices' | 'days' | 'interval' | 'requests' | 'legacySeconds'>;

const FULL: Size = { devices: 100_000, days: 7, interval: 3_600, requests: 300, legacySeconds: 30 };
const SMOKE: Size = { devices: 2_000, days: 2, interval: 3_600, requests: 20, legacySeconds: 1 };

type GivenOptions = Partial<Size> & {
  seed: number;
  folder: string;
  targets: boolean;
  smoke?: true;
  json?: true;
};

export function addReadsCommand(program: Command, context: BenchContext): void {
  program
    .command('reads')
    .description(
      'make a fleet with its history in a PostgreSQL of its own, and measure the reads of a query API on it over HTTP, fast and legacy; the exit code is 1 when a target is missed',
    )
    .option('--devices <n>', 'devices (100000)', wholeNumber(100, 10_000_000))
    .option('--days <n>', 'days of history (7)', wholeNumber(2, 400))
    .option(
      '--interval <s>',
      'seconds between the heartbeats of a device, a multiple of 10 (3600)',
      wholeNumber(10, 21_600),
    )
    .option('--seed <n>', 'another seed makes another fleet', wholeNumber(1, 1_000_000), 1)
    .option('--requests <n>', 'fast requests of each kind (300)', wholeNumber(3, 100_000))
    .option(
      '--legacy-seconds <s>',
      'how long each kind is asked the legacy way, three times at least (30)',
      wholeNumber(0, 3_600),
    )
    .option('--folder <path>', 'where the temporary database is made', tmpdir())
    .option('--no-targets', 'measure only; a missed target is no failure')
    .option('--smoke', `small and quick, without targets: ${describeSize(SMOKE)}`)
    .option('--json', 'print the result as one line of JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx --yes pnpm bench reads --devices 20000 --days 3\n  $ npx --yes pnpm bench reads --smoke',
    )
    .action(async (given: GivenOptions) => {
      const options: ReadsOptions = {
        ...(given.smoke ? SMOKE : FULL),
        ...given,
        judged: given.targets && given.smoke !== true,
      };
      const report = await runReads(options, context);
      context.print(given.json ? JSON.stringify(report) : reportText(report));
      if (!report.passed) context.markFailed();
    });
}

function describeSize({ devices, days, requests }: Size): string {
  return `${devices} devices, ${days} days, ${requests} requests`;
}
