import { restoreRequestSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import { checkAliasFree } from '../alias-check.ts';
import { checkRequest } from '../check-request.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandError, RefusalError } from '../command-error.ts';
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

const USE_ALIAS = 'Use --alias <alias>.';
/** As the service says it, and how to. */
const ALIAS_TAKEN = `Another device has the alias by now; restore it with another alias. ${USE_ALIAS}`;

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
  const body = checkRequest(restoreRequestSchema, alias === undefined ? {} : { alias });
  if (dryRun) {
    const deleted = await findDeleted(config, id);
    const restored = body.alias ?? deleted.alias;
    await checkAliasFree(config, { alias: restored }, ALIAS_TAKEN);
    if (json) output.printJson({ dry_run: true, device_id: id, alias: restored });
    else {
      output.print(
        `Would restore "${printable(restored)}", which was deleted at ${deleted.deleted_at}; nothing was changed.`,
      );
    }
    return;
  }
  const request = { method: 'POST', action: '/restore', body } as const;
  const device = await changeDeviceTo(config, id, request).catch((error: unknown) => {
    throw isAliasTaken(error)
      ? new CommandError(`${error.message} ${USE_ALIAS}`, { cause: error })
      : error;
  });
  if (json) output.printJson(device);
  else {
    output.print(`Restored "${printable(device.alias)}".`);
    output.note('Within 2 s its tokens are as they were before the deletion.');
  }
}

function isAliasTaken(error: unknown): error is RefusalError {
  return error instanceof RefusalError && error.code === 'alias-taken';
}

async function findDeleted(config: CliConfig, id: string): Promise<DeletedDevice> {
  for await (const { devices } of deletedDevices(config, Infinity)) {
    const deleted = devices.find((device) => device.id === id);
    if (deleted) return deleted;
  }
  const { alias } = await fetchDevice(config, id);
  throw new CommandError(`"${printable(alias)}" is not deleted; there is nothing to restore.`);
}
