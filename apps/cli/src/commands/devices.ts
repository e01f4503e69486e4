import { deviceStatusSchema } from '@nexmdm/contracts';
import { Option, type Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { limitOrAll } from '../option-values.ts';
import { addDeviceChangeCommands } from './devices-change.ts';
import { listDeletedDevices } from './devices-list-deleted.ts';
import { listDevices, type ListDevicesCommandOptions } from './devices-list.ts';
import { registerDevices, type RegisterDevicesOptions } from './devices-register.ts';

const DEFAULT_LIMIT = 100;

export function addDevicesCommands(program: Command, context: CommandContext): void {
  const devices = program
    .command('devices')
    .description('the registry of devices')
    .addHelpText('after', '\nExample:\n  $ npx --yes pnpm nexmdm devices list --status offline');

  const register = devices
    .command('register')
    .description('register a device, or those of a file, and print the tokens, this once')
    .argument('[alias]', 'the name of the device, 1 to 200 characters')
    .option('--hardware-id <id>', "the hardware's own number")
    .addOption(
      new Option(
        '--file <file>',
        'register every device of a file, or none: CSV with a header (alias, hardware_id) or .ndjson',
      ).conflicts('hardwareId'),
    )
    .option('--output <file>', 'with --file: write the tokens there, readable by you only')
    .option('--dry-run', 'check the request and register nothing');
  withExample(
    register,
    `devices register 'Kiosk Überlingen 7' --hardware-id R4S1-0417
  $ npx --yes pnpm nexmdm devices register --file kiosks.csv --output tokens.csv`,
  ).action(async (alias: string | undefined, options: RegisterDevicesOptions) => {
    await registerDevices(alias, options, context);
  });

  const list = devices
    .command('list')
    .description('list devices by alias, with their last status')
    .addOption(
      new Option('--status <status>', 'only those with this status').choices(
        deviceStatusSchema.options,
      ),
    )
    .addOption(
      new Option('--deleted', 'those that were deleted, the newest first').conflicts('status'),
    )
    .option('--limit <n>', 'how many at most, or "all"', limitOrAll, DEFAULT_LIMIT);
  withExample(list, 'devices list --status offline --limit 20').action(
    async (options: ListDevicesCommandOptions & { deleted?: true }) => {
      await (options.deleted ? listDeletedDevices : listDevices)(options, context);
    },
  );

  addDeviceChangeCommands(devices, context);
}
