import { readEnvironment } from '@nexmdm/service';
import { runCli } from './run-cli.ts';

// Not merely set: a connection to a server that froze must not keep a command that is done alive.
process.exit(await runCli(process.argv, readEnvironment()));
