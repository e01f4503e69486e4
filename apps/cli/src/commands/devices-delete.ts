import { z } from 'zod';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import type { CliConfig } from '../config.ts';
import { changeDevice, changeDeviceTo, fetchDevice } from '../device-request.ts';
import { printable } from '../text-table.ts';
import { deletedDevices, type DeletedDevice } from './devices-list-deleted.ts';

export interface DeleteDeviceOptions {
  dryRun?: true;
  json?: true;
}

export interface RestoreDeviceOptions {
  alias?: string;
  dryRun?: true;
  json?: true;
}

/** @throws CommandError when there is no such device, or the service can't be asked */
export async function deleteDevice(
  id: string,
  { dryRun, json }: DeleteDeviceOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  const { id: device_id, alias } = await fetchDevice(config, id);
  if (dryRun) {
    if (json) output.printJson({ dry_run: true, device_id, alias });
    else output.print(`Would delete "${printable(alias)}"; nothing was changed.`);
    return;
  }
  await changeDevice(config, id, { method: 'DELETE' }, z.undefined());
  if (json) output.printJson({ device_id, alias, deleted: true });
  else {
    output.print(`Deleted "${printable(alias)}".`);
    output.note(`Its history is kept; "nexmdm devices restore ${device_id}" takes it back.`);
  }
}

/** @throws CommandError when it is not deleted, its alias is taken, or the service can't be asked */
export async function restoreDevice(
  id: string,
  { alias, dryRun, json }: RestoreDeviceOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  if (dryRun) {
    const deleted = await findDeleted(config, id);
    const restored = alias ?? deleted.alias;
    if (json) output.printJson({ dry_run: true, device_id: id, alias: restored });
    else {
      output.print(
        `Would restore "${printable(restored)}", which was deleted at ${deleted.deleted_at}; nothing was changed.`,
      );
    }
    return;
  }
  const body = alias === undefined ? {} : { alias };
  const device = await changeDeviceTo(config, id, { method: 'POST', action: '/restore', body });
  if (json) output.printJson(device);
  else output.print(`Restored "${printable(device.alias)}"; its tokens are good again within 2 s.`);
}

async function findDeleted(config: CliConfig, id: string): Promise<DeletedDevice> {
  for await (const { devices } of deletedDevices(config, Infinity)) {
    const deleted = devices.find((device) => device.id === id);
    if (deleted) return deleted;
  }
  const { alias } = await fetchDevice(config, id);
  throw new CommandError(`"${printable(alias)}" is not deleted; there is nothing to restore.`);
}
