import type { Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { wholeNumber } from '../option-values.ts';
import { listDead, type ListDeadOptions } from './dead-list.ts';
import { replayDead, type ReplayDeadOptions } from './dead-replay.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;

export function addDeadCommands(program: Command, context: CommandContext): void {
  const dead = program
    .command('dead')
    .description('dead letters: heartbeats that no writer could store')
    .addHelpText('after', '\nExample:\n  $ npx --yes pnpm nexmdm dead list');

  const list = dead
    .command('list')
    .description('list dead letters, the oldest first; --json has their content too')
    .option('--limit <n>', 'how many at most', wholeNumber(1, MAX_LIMIT), DEFAULT_LIMIT);
  withExample(list, 'dead list --limit 10').action(async (options: ListDeadOptions) => {
    await listDead(options, context);
  });

  const replay = dead
    .command('replay')
    .description(
      'put the heartbeats of dead letters back into the streams; those that can not be read stay, and the exit code is 1',
    )
    .argument('[id...]', 'which, as "dead list" shows them')
    .option('--all', 'every dead letter there is')
    .option('--dry-run', 'say what would be put back and change nothing');
  withExample(replay, 'dead replay --all --dry-run').action(
    async (ids: string[], options: ReplayDeadOptions) => {
      await replayDead(ids, options, context);
    },
  );
}
