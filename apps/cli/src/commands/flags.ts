import type { Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { flagState } from '../option-values.ts';
import { getFlags, type GetFlagsOptions } from './flags-get.ts';
import { setFlag, type SetFlagOptions } from './flags-set.ts';

export function addFlagsCommands(program: Command, context: CommandContext): void {
  const flags = program
    .command('flags')
    .description('run-time flags, such as the kill switch of the fast reads')
    .addHelpText('after', '\nExample:\n  $ npx --yes pnpm nexmdm flags get');

  const get = flags
    .command('get')
    .description('show what the flags are, and who changed them last')
    .argument('[name]', 'only this flag');
  withExample(get, 'flags get read-from-last-status').action(
    async (name: string | undefined, options: GetFlagsOptions) => {
      await getFlags(name, options, context);
    },
  );

  const set = flags
    .command('set')
    .description(
      'set a flag in every query API within two seconds; it survives restarts. "default" returns it to the setting of the service',
    )
    .argument('<name>', 'which flag, as "flags get" shows them')
    .argument('<state>', 'on, off or default (also true or false)', flagState)
    .option('--dry-run', 'say what would change and change nothing');
  withExample(set, 'flags set read-from-last-status off').action(
    async (name: string, state: boolean | null, options: SetFlagOptions) => {
      await setFlag(name, state, options, context);
    },
  );
}
