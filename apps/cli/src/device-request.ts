import { z } from 'zod';
import { callApi, type ApiRequest } from './api-client.ts';
import type { CliConfig } from './config.ts';
import { operatorName } from './operator.ts';
import { queryApi } from './query-api.ts';

/** What commands show of a device; the rest goes through to JSON as it came. */
const deviceSchema = z.looseObject({ id: z.string(), alias: z.string() });
export type KnownDevice = z.output<typeof deviceSchema>;

/** What changes a device, or its tokens. */
export interface DeviceChangeRequest extends Pick<ApiRequest, 'body'> {
  method: 'POST' | 'PATCH' | 'DELETE';
  /** What follows the device in the path, such as `/restore`. */
  action?: string;
}

/** @throws CommandError when there is no such device, or the service can't be asked */
export function fetchDevice(config: CliConfig, id: string): Promise<KnownDevice> {
  return callApi({ ...queryApi(config), path: devicePath(id) }, deviceSchema);
}

/**
 * Changes a device, as the one who runs the command.
 *
 * @throws CommandError when the change is refused, or the service can't be asked
 */
export function changeDevice<Schema extends z.ZodType>(
  config: CliConfig,
  id: string,
  { action = '', ...request }: DeviceChangeRequest,
  answer: Schema,
): Promise<z.output<Schema>> {
  return callApi(
    {
      ...queryApi(config),
      ...request,
      path: devicePath(id) + action,
      headers: { 'x-operator': operatorName() },
    },
    answer,
  );
}

/** For changes that answer with the device. */
export function changeDeviceTo(
  config: CliConfig,
  id: string,
  request: DeviceChangeRequest,
): Promise<KnownDevice> {
  return changeDevice(config, id, request, deviceSchema);
}

function devicePath(id: string): string {
  return `/v1/devices/${encodeURIComponent(id)}`;
}
