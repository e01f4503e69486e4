import { Command, type AddHelpTextContext } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { CommandContext } from './command-context.ts';
import { addBackfillCommand } from './commands/backfill.ts';
import { addDeadCommands } from './commands/dead.ts';
import { addDevicesCommands } from './commands/devices.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addFlagsCommands } from './commands/flags.ts';
import { addImportCommand } from './commands/import.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addSimulateCommand } from './commands/simulate.ts';

/** The `nexmdm` command with all it can do; nothing runs before it is given its arguments. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('nexmdm')
    .description('Operates a NexMDM installation')
    .version(packageJson.version, '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError('(add --help for the options and an example)')
    .addHelpText('beforeAll', refuseUnknownCommand)
    .addHelpText(
      'after',
      `
Settings come from the environment (DATABASE_URL, REDIS_URL, ADMIN_KEY, INGEST_URL, QUERY_URL,
WRITER_URL, …); what is not set there comes from the local stack that "npx --yes pnpm start" runs.
LOG_LEVEL=debug shows the cause of a failure as a whole.

Exit codes: 0 done; 1 not done, or a check or target was missed; 2 the command line is wrong;
78 a setting is wrong.

Example:
  $ npx --yes pnpm nexmdm doctor`,
    );
  addDoctorCommand(program, context);
  addSimulateCommand(program, context);
  addDevicesCommands(program, context);
  addDeadCommands(program, context);
  addFlagsCommands(program, context);
  addImportCommand(program, context);
  addBackfillCommand(program, context);
  addMigrateCommand(program, context);
  return program;
}

/** Commander answers `nonsense --help` and `help nonsense` with the help of what is above. */
function refuseUnknownCommand({ command }: AddHelpTextContext): string {
  const [first, second] = command.args;
  const name = first === 'help' ? second : first;
  if (command.commands.length > 0 && name !== undefined && !name.startsWith('-')) {
    command.error(`error: unknown command '${name}'`);
  }
  return '';
}
