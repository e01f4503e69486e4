import { Command } from 'commander';
import { ConfigError, createLogger, EXIT_BAD_CONFIG } from '@nexmdm/service';
import { CommandError } from './command-error.ts';
import { runMigrate } from './commands/migrate.ts';
import { readConfig } from './config.ts';

const logger = createLogger({ service: 'nexmdm', level: 'error' });
const program = new Command('nexmdm').description('Operates a NexMDM installation');

program
  .command('migrate')
  .description('make the tables, the partitions of the next days and the stream groups')
  .option('--json', 'print the result as JSON')
  .action(async () => {
    const result = await runMigrate(readConfig(process.env), logger);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandError) && !(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT_BAD_CONFIG : 1;
}
