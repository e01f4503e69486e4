import { deviceStatusSchema } from '@nexmdm/contracts';
import { Option, type Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { deviceId, limitOrAll, wholeNumber } from '../option-values.ts';
import { addDeviceChangeCommands } from './devices-change.ts';
import { listDeletedDevices } from './devices-list-deleted.ts';
import { listDevices, type ListDevicesCommandOptions } from './devices-list.ts';
import { registerDevices, type RegisterDevicesOptions } from './devices-register.ts';
import { showDevice, type ShowDeviceOptions } from './devices-show.ts';

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
    .description('list devices with their last status, by alias unless another order is given')
    .addOption(
      new Option('--status <status>', 'only those with this status').choices(
        deviceStatusSchema.options,
      ),
    )
    .addOption(
      new Option('--unity <state>', 'only those whose Unity app is in this state').choices([
        'down',
        'up',
      ]),
    )
    .option('--battery-lt <pct>', 'only those with less battery', wholeNumber(0, 101))
    .option('--search <text>', 'only those with this in their alias, in any case')
    .option(
      '--sort <order>',
      'alias, created_at, last_seen or battery_pct; -alias … turns it around',
    )
    .addOption(
      new Option('--deleted', 'those that were deleted, the newest first').conflicts([
        'status',
        'unity',
        'batteryLt',
        'search',
        'sort',
      ]),
    )
    .option('--limit <n>', 'how many at most, or "all"', limitOrAll, DEFAULT_LIMIT);
  withExample(list, 'devices list --status offline --sort=-last_seen --limit 20').action(
    async (options: ListDevicesCommandOptions & { deleted?: true }) => {
      await (options.deleted ? listDeletedDevices : listDevices)(options, context);
    },
  );

  const show = devices
    .command('show')
    .description('show one device with its newest state')
    .argument('<id>', 'which device, as "devices list" shows it', deviceId);
  withExample(show, 'devices show 6f1c2f0e-5d0b-4c55-9f0e-3a3f1e1f9a10').action(
    async (id: string, options: ShowDeviceOptions) => {
      await showDevice(id, options, context);
    },
  );

  addDeviceChangeCommands(devices, context);
}
