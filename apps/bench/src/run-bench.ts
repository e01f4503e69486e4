import { MigrationError } from '@nexmdm/db';
import { listenForStop, StartError } from '@nexmdm/local';
import type { Environment } from '@nexmdm/service';
import { Command, CommanderError } from 'commander';
import { BenchError } from './bench-error.ts';
import { addReadsCommand } from './reads/command.ts';

const EXIT_FAILED = 1;
const EXIT_BAD_USAGE = 2;
/** As a shell says of a program that Ctrl-C ended. */
const EXIT_STOPPED = 130;

/** What benchmarks are given. */
export interface BenchContext {
  env: Environment;
  /** Somebody wants it to end. */
  stop: AbortSignal;
  /** The result, on standard output. */
  print: (text: string) => void;
  /** How far it is, on standard error. */
  note: (text: string) => void;
  /** The result has been said, and it is a failure: exit code 1. */
  markFailed: () => void;
}

/**
 * Runs the benchmark that the arguments name.
 *
 * @param argv as in `process.argv`
 * @returns the exit code
 */
export async function runBench(argv: readonly string[], env: Environment): Promise<number> {
  const requests = listenForStop();
  requests.kill.addEventListener('abort', () => process.exit(EXIT_STOPPED), { once: true });
  let failed = false;
  const note = (text: string) => {
    process.stderr.write(`${text}\n`);
  };
  const program = new Command('bench')
    .description(
      'Measures NexMDM on this machine, with servers of its own that are gone afterwards',
    )
    .exitOverride()
    .showHelpAfterError('(add --help for the options and an example)')
    .addHelpText(
      'after',
      `
Exit codes: 0 done; 1 failed, or a target was missed; 2 the command line is wrong; 130 stopped.

Example:
  $ npx --yes pnpm bench reads`,
    );
  addReadsCommand(program, {
    env,
    stop: requests.stop,
    note,
    print(text) {
      process.stdout.write(`${text}\n`);
    },
    markFailed() {
      failed = true;
    },
  });
  try {
    await program.parseAsync(argv);
    return failed ? EXIT_FAILED : 0;
  } catch (error) {
    // Commander has printed its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_BAD_USAGE;
    if (requests.stop.aborted) {
      note('stopped; nothing is left');
      return EXIT_STOPPED;
    }
    note(explain(error));
    return EXIT_FAILED;
  } finally {
    requests.dispose();
  }
}

/** A failure for a known reason needs no stack trace; a mistake of ours does. */
function explain(error: unknown): string {
  const saysAll = [BenchError, StartError, MigrationError].some((known) => error instanceof known);
  if (!(error instanceof Error)) return `Error: ${String(error)}`;
  return saysAll ? `Error: ${error.message}` : (error.stack ?? error.message);
}
