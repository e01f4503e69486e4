import { deviceStatusSchema } from '@nexmdm/contracts';
import { Option, type Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { limitOrAll } from '../option-values.ts';
import { listDevices, type ListDevicesCommandOptions } from './devices-list.ts';
import { registerDevice, type RegisterDeviceOptions } from './devices-register.ts';

const DEFAULT_LIMIT = 100;

export function addDevicesCommands(program: Command, context: CommandContext): void {
  const devices = program
    .command('devices')
    .description('the registry of devices')
    .addHelpText('after', '\nExample:\n  $ npx --yes pnpm nexmdm devices list --status offline');

  const register = devices
    .command('register')
    .description('register a device and print its token, which is shown this once')
    .argument('<alias>', 'the name of the device, 1 to 200 characters')
    .option('--hardware-id <id>', "the hardware's own number")
    .option('--dry-run', 'check the request and register nothing');
  withExample(register, "devices register 'Kiosk Überlingen 7' --hardware-id R4S1-0417").action(
    async (alias: string, options: RegisterDeviceOptions) => {
      await registerDevice(alias, options, context);
    },
  );

  const list = devices
    .command('list')
    .description('list devices by alias, with their last status')
    .addOption(
      new Option('--status <status>', 'only those with this status').choices(
        deviceStatusSchema.options,
      ),
    )
    .option('--limit <n>', 'how many at most, or "all"', limitOrAll, DEFAULT_LIMIT);
  withExample(list, 'devices list --status offline --limit 20').action(
    async (options: ListDevicesCommandOptions) => {
      await listDevices(options, context);
    },
  );
}
