import { randomInt } from 'node:crypto';
import path from 'node:path';
import { Option, type Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { decimalNumber, wholeNumber } from '../option-values.ts';
import { startProgress } from '../simulate/progress.ts';
import { Simulation } from '../simulate/simulation.ts';
import { summaryText } from '../simulate/summary-text.ts';
import { listenForStop } from '../stop-request.ts';

interface SimulateOptions {
  devices: number;
  interval: number;
  jitter: number;
  duration?: number;
  rate?: number;
  offline: number;
  batchReplay?: true;
  clockError: number;
  state?: string;
  seed?: number;
  progress: boolean;
  json?: true;
}

const MAX_SEED = 2 ** 32 - 1;
const DAY_S = 86_400;

const LIVE_EVERY_MS = 500;
const LINE_EVERY_MS = 10_000;
const QUIET_LINE_EVERY_MS = 60_000;

export function addSimulateCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('simulate')
    .description(
      'simulate devices that behave like those with the agent, until Ctrl-C or for a time, and say how the service did; the exit code is 1 when a target was missed',
    )
    .option('--devices <n>', 'how many devices', wholeNumber(1, 1_000_000), 25)
    .option(
      '--interval <s>',
      'seconds between the heartbeats of a device',
      decimalNumber(0.1, DAY_S),
      60,
    )
    .option(
      '--jitter <fraction>',
      'how far the interval of a device is from that; kept per device',
      decimalNumber(0, 0.9),
      0.2,
    )
    .option('--duration <s>', 'stop after this many seconds', decimalNumber(0.1, 20 * DAY_S))
    .addOption(
      new Option(
        '--rate <n>',
        'heartbeats per second of the whole fleet, evenly spread, whatever the answers; instead of --interval and --jitter',
      )
        .argParser(decimalNumber(0.001, 1_000_000))
        .conflicts(['interval', 'jitter']),
    )
    .option(
      '--offline <fraction>',
      'the share of devices that lose their network now and then; they queue and replay',
      decimalNumber(0, 1),
      0.05,
    )
    .option('--batch-replay', 'replay a queue with POST /v1/heartbeats instead of one by one')
    .option(
      '--clock-error <s>',
      'how far the clock of a device is off at most',
      decimalNumber(0, DAY_S),
      0,
    )
    .option(
      '--state <file>',
      'keep the devices in this file, so that a later run goes on with them',
    )
    .option(
      '--seed <n>',
      'repeat the behaviour of the run with this seed',
      wholeNumber(0, MAX_SEED),
    )
    .option('--no-progress', 'print one line a minute instead of live progress');
  withExample(command, 'simulate --devices 500 --interval 10 --offline 0.1 --duration 120').action(
    async (options: SimulateOptions) => {
      await runSimulate(options, context);
    },
  );
}

async function runSimulate(options: SimulateOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const config = context.readConfig();
  const stop = listenForStop();
  const seed = options.seed ?? randomInt(MAX_SEED);
  const live = options.progress && output.interactive;
  // With JSON on standard output, all else goes to standard error.
  const say = (text: string) => {
    if (options.json || live) output.note(text);
    else output.print(text);
  };
  const simulation = new Simulation({
    ingestUrl: config.ingestUrl,
    adminKey: config.adminKey,
    devices: options.devices,
    intervalSeconds: options.interval,
    jitter: options.jitter,
    ratePerSecond: options.rate,
    offlineShare: options.offline,
    maxClockErrorSeconds: options.clockError,
    batchReplay: options.batchReplay === true,
    durationSeconds: options.duration,
    stateFile: options.state === undefined ? undefined : path.resolve(options.state),
    seed,
    signal: stop.signal,
    onNote: say,
  });
  const stopProgress = startProgress({
    snapshot: () => simulation.snapshot(),
    show: (text) => {
      if (live) output.showProgress(text);
      else say(text);
    },
    everyMs: live ? LIVE_EVERY_MS : options.progress ? LINE_EVERY_MS : QUIET_LINE_EVERY_MS,
  });
  try {
    const summary = await simulation.run(() => {
      say(startedText(options, config.ingestUrl, seed));
    });
    output.showProgress(undefined);
    if (options.json) output.printJson(summary);
    else output.print(summaryText(summary));
    if (!summary.ok) context.markFailed();
  } finally {
    stopProgress();
    output.showProgress(undefined);
    stop.dispose();
  }
}

function startedText(options: SimulateOptions, ingestUrl: string, seed: number): string {
  const pace =
    options.rate === undefined
      ? `every ${options.interval} s`
      : `${options.rate} a second together`;
  const end = options.duration === undefined ? 'until stopped' : `for ${options.duration} s`;
  return `${options.devices} devices report to ${ingestUrl}, ${pace}, ${end} (seed ${seed})`;
}
