import { deviceChangeSchema, type DeviceChange } from '@nexmdm/contracts';
import { ALIAS_TAKEN, checkAliasFree } from '../alias-check.ts';
import { checkRequest } from '../check-request.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { changeDeviceTo, fetchDevice, type KnownDevice } from '../device-request.ts';
import { printable } from '../text-table.ts';

export interface ChangeOptions {
  dryRun?: true;
  json?: true;
}

export interface SetDeviceOptions extends ChangeOptions {
  /** An empty text takes it away. */
  monitoredPackage?: string;
  /** An empty text takes it away. */
  appName?: string;
  thresholdMin?: number;
  monitor?: 'on' | 'off';
}

/** @throws CommandError when the alias is taken, there is no such device, or the service can't be asked */
export async function renameDevice(
  id: string,
  alias: string,
  options: ChangeOptions,
  context: CommandContext,
): Promise<void> {
  await applyChange(id, { alias }, options, context);
}

/** @throws CommandError when nothing is to be set, there is no such device, or the service can't be asked */
export async function setDevice(
  id: string,
  options: SetDeviceOptions,
  context: CommandContext,
): Promise<void> {
  const { monitoredPackage, appName, thresholdMin, monitor } = options;
  const change = {
    ...(monitoredPackage === undefined ? {} : { monitored_package: monitoredPackage || null }),
    ...(appName === undefined ? {} : { monitored_app_name: appName || null }),
    ...(thresholdMin === undefined ? {} : { monitored_threshold_min: thresholdMin }),
    ...(monitor === undefined ? {} : { monitor_enabled: monitor === 'on' }),
  };
  if (Object.keys(change).length === 0) {
    throw new CommandError('Say what to set; "nexmdm devices set --help" shows what there is.');
  }
  await applyChange(id, change, options, context);
}

async function applyChange(
  id: string,
  given: DeviceChange,
  { dryRun, json }: ChangeOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const change = checkRequest(deviceChangeSchema, given);
  const config = readConfig();
  const before = await fetchDevice(config, id);
  const lines = describeChange(before, change);
  if (dryRun) {
    const { alias } = change;
    if (alias !== undefined && alias !== before.alias) {
      await checkAliasFree(config, { alias }, ALIAS_TAKEN);
    }
    if (json)
      output.printJson({ dry_run: true, device_id: before.id, alias: before.alias, change });
    else if (lines.length === 0) output.print('It is so already; nothing was changed.');
    else {
      const said = `Would change "${printable(before.alias)}"; nothing was changed:`;
      output.print([said, ...lines].join('\n'));
    }
    return;
  }
  const after = await changeDeviceTo(config, id, { method: 'PATCH', body: change });
  if (json) output.printJson(after);
  else if (lines.length === 0) output.print('It was so already.');
  else output.print([`Changed "${printable(before.alias)}":`, ...lines].join('\n'));
}

function describeChange(before: KnownDevice, change: DeviceChange): string[] {
  return Object.entries(change)
    .filter(([field, value]) => before[field] !== value)
    .map(([field, value]) => `  ${field}  ${valueText(before[field])} -> ${valueText(value)}`);
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? printable(value) : JSON.stringify(value);
}
