import { registerRequestSchema, type RegisterAnswer } from '@nexmdm/contracts';
import { z } from 'zod';
import { ALIAS_TAKEN, checkAliasFree } from '../alias-check.ts';
import { callApi } from '../api-client.ts';
import { checkRequest } from '../check-request.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandError, requireSetting } from '../command-error.ts';
import { operatorName } from '../operator.ts';
import { registerFile } from './devices-register-file.ts';

interface RegisterDeviceOptions {
  hardwareId?: string;
  dryRun?: true;
  json?: true;
}

export interface RegisterDevicesOptions extends RegisterDeviceOptions {
  file?: string;
  output?: string;
}

const answerSchema: z.ZodType<RegisterAnswer> = z.object({
  device_id: z.string(),
  device_token: z.string(),
});

/**
 * One device, or those of a file.
 *
 * @throws CommandError when it isn't said which, one can't be registered, or the service can't be asked
 */
export async function registerDevices(
  alias: string | undefined,
  { file, output, ...options }: RegisterDevicesOptions,
  context: CommandContext,
): Promise<void> {
  if ((alias === undefined) === (file === undefined)) {
    throw new CommandError('Say which: the alias of one device, or --file <file> for many.');
  }
  if (file === undefined && output !== undefined) {
    throw new CommandError('--output is for the tokens of --file.');
  }
  if (alias !== undefined) await registerDevice(alias, options, context);
  if (file === undefined) return;
  await registerFile({ ...options, file, output }, context);
}

async function registerDevice(
  alias: string,
  options: RegisterDeviceOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  const adminKey = requireSetting(config.adminKey, 'ADMIN_KEY');
  const request = checkRequest(registerRequestSchema, {
    alias,
    hardware_id: options.hardwareId,
  });
  if (options.dryRun) {
    await checkAliasFree(config, request, ALIAS_TAKEN);
    if (options.json) output.printJson({ dry_run: true, ...request });
    else output.print(`Would register "${request.alias}"; nothing was changed.`);
    return;
  }
  const device = await callApi(
    {
      baseUrl: config.ingestUrl,
      setting: 'INGEST_URL',
      adminKey,
      method: 'POST',
      path: '/v1/register',
      headers: { 'x-operator': operatorName() },
      body: request,
    },
    answerSchema,
  );
  if (options.json) {
    output.printJson({ alias: request.alias, ...device });
    return;
  }
  output.print(`device_id     ${device.device_id}\ndevice_token  ${device.device_token}`);
  output.note("The token is shown this once and can't be read again: give it to the device now.");
}
