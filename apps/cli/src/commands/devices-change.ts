import { DEFAULT_GRACE_SECONDS, MAX_GRACE_SECONDS } from '@nexmdm/contracts';
import { Option, type Command } from 'commander';
import { withExample, type CommandContext } from '../command-context.ts';
import { deviceId, duration, wholeNumber } from '../option-values.ts';
import {
  deleteDevice,
  restoreDevice,
  type DeleteDeviceOptions,
  type RestoreDeviceOptions,
} from './devices-delete.ts';
import {
  renameDevice,
  setDevice,
  type ChangeOptions,
  type SetDeviceOptions,
} from './devices-set.ts';
import {
  revokeToken,
  rotateToken,
  type RevokeTokenOptions,
  type RotateTokenOptions,
} from './devices-token.ts';

const DRY_RUN = ['--dry-run', 'say what would change and change nothing'] as const;
const ID = ['<id>', 'which device, as "devices list" shows it'] as const;
const EXAMPLE_ID = '6f1c2f0e-5d0b-4c55-9f0e-3a3f1e1f9a10';

/** The commands that change one device. */
export function addDeviceChangeCommands(devices: Command, context: CommandContext): void {
  addSettings(devices, context);
  addTokens(devices, context);
  addDeletion(devices, context);
}

function addSettings(devices: Command, context: CommandContext): void {
  const rename = devices
    .command('rename')
    .description('give a device another alias')
    .argument(...ID, deviceId)
    .argument('<alias>', 'the new name, 1 to 200 characters')
    .option(...DRY_RUN);
  withExample(rename, `devices rename ${EXAMPLE_ID} 'Kiosk Überlingen 7'`).action(
    async (id: string, alias: string, options: ChangeOptions) => {
      await renameDevice(id, alias, options, context);
    },
  );

  const set = devices
    .command('set')
    .description('set how the app of a device is monitored')
    .argument(...ID, deviceId)
    .option('--monitored-package <name>', "the app's package; '' for none")
    .option('--app-name <name>', "how the app is called; '' for nothing")
    .option(
      '--threshold-min <n>',
      'minutes without the app in the foreground until it is down',
      wholeNumber(1, 1_440),
    )
    .addOption(new Option('--monitor <state>', 'watch the app or not').choices(['on', 'off']))
    .option(...DRY_RUN);
  withExample(set, `devices set ${EXAMPLE_ID} --monitor on --threshold-min 15`).action(
    async (id: string, options: SetDeviceOptions) => {
      await setDevice(id, options, context);
    },
  );
}

function addTokens(devices: Command, context: CommandContext): void {
  const rotate = devices
    .command('rotate-token')
    .description('give a device a new token and print it, this once')
    .argument(...ID, deviceId)
    .addOption(
      new Option('--grace <time>', 'how long the token until now stays good, such as 90s, 24h, 7d')
        .argParser(duration(MAX_GRACE_SECONDS))
        .default(DEFAULT_GRACE_SECONDS, '24h'),
    )
    .option(...DRY_RUN);
  withExample(rotate, `devices rotate-token ${EXAMPLE_ID} --grace 24h`).action(
    async (id: string, options: RotateTokenOptions) => {
      await rotateToken(id, options, context);
    },
  );

  const revoke = devices
    .command('revoke')
    .description('end every token of a device; rotating lets it in again')
    .argument(...ID, deviceId)
    .option(...DRY_RUN);
  withExample(revoke, `devices revoke ${EXAMPLE_ID}`).action(
    async (id: string, options: RevokeTokenOptions) => {
      await revokeToken(id, options, context);
    },
  );
}

function addDeletion(devices: Command, context: CommandContext): void {
  const remove = devices
    .command('delete')
    .description(
      'delete a device; its history is kept, its alias and its tokens are not its own any more',
    )
    .argument(...ID, deviceId)
    .option(...DRY_RUN);
  withExample(remove, `devices delete ${EXAMPLE_ID}`).action(
    async (id: string, options: DeleteDeviceOptions) => {
      await deleteDevice(id, options, context);
    },
  );

  const restore = devices
    .command('restore')
    .description('take the deletion of a device back')
    .argument('<id>', 'which device, as "devices list --deleted" shows it', deviceId)
    .option('--alias <alias>', 'another alias, when the one from before is taken')
    .option(...DRY_RUN);
  withExample(restore, `devices restore ${EXAMPLE_ID}`).action(
    async (id: string, options: RestoreDeviceOptions) => {
      await restoreDevice(id, options, context);
    },
  );
}
