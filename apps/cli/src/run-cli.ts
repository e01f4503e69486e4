import { inspect } from 'node:util';
import { MigrationError } from '@nexmdm/db';
import { ConfigError, EXIT_BAD_CONFIG, type Environment } from '@nexmdm/service';
import { CommanderError } from 'commander';
import { createContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { wantsDebug } from './config.ts';
import { explainError } from './explain-error.ts';
import { openOutput } from './output.ts';
import { createProgram } from './program.ts';

const EXIT_FAILED = 1;
const EXIT_BAD_USAGE = 2;

/**
 * Runs the command that the arguments name. A failure becomes one message on standard error that
 * says what to do.
 *
 * @param argv as in `process.argv`
 * @returns the exit code
 */
export async function runCli(argv: readonly string[], env: Environment): Promise<number> {
  const output = openOutput();
  let failed = false;
  const context = createContext(env, output, () => {
    failed = true;
  });
  try {
    await createProgram(context).parseAsync(argv);
    return failed ? EXIT_FAILED : 0;
  } catch (error) {
    // Commander has printed its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_BAD_USAGE;
    output.note(error instanceof ConfigError ? error.message : `Error: ${messageOf(error)}`);
    if (wantsDebug(env)) output.note(inspect(error));
    return error instanceof ConfigError ? EXIT_BAD_CONFIG : EXIT_FAILED;
  } finally {
    await output.flush();
  }
}

function messageOf(error: unknown): string {
  const saysAll = error instanceof CommandError || error instanceof MigrationError;
  return saysAll ? error.message : explainError(error);
}
