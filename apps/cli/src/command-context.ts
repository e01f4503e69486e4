import type { Environment, Logger } from '@nexmdm/service';
import type { Command } from 'commander';
import { createCommandLogger } from './command-logger.ts';
import { readConfig, type CliConfig } from './config.ts';
import type { Output } from './output.ts';

/** What commands are given. */
export interface CommandContext {
  env: Environment;
  output: Output;
  /** @throws ConfigError */
  readConfig: () => CliConfig;
  createLogger: (config: CliConfig) => Logger;
  /** The command has said its result, and the result is a failure: exit code 1. */
  markFailed: () => void;
}

export function createContext(
  env: Environment,
  output: Output,
  markFailed: () => void,
): CommandContext {
  return {
    env,
    output,
    readConfig: () => readConfig(env),
    createLogger: (config) => createCommandLogger(output, config.debug),
    markFailed,
  };
}

/** The option that every command has, and its example. */
export function withExample(command: Command, example: string): Command {
  return command
    .option('--json', 'print the result as one line of JSON')
    .addHelpText('after', `\nExample:\n  $ npx --yes pnpm nexmdm ${example}`);
}
