import { bulkDryRunAnswerSchema, type RegisterRequest } from '@nexmdm/contracts';
import { callApi } from './api-client.ts';
import { CommandError, RefusalError } from './command-error.ts';
import type { CliConfig } from './config.ts';
import { queryApi } from './query-api.ts';

/** As the services say it. */
export const ALIAS_TAKEN = 'Another device has this alias; choose a different one.';

const UNPROCESSABLE = 422;

/**
 * For dry runs: whether a device could have this alias, by a registration that is only tried.
 *
 * @param device valid by its schema
 * @param taken the message when it could not
 * @throws CommandError when another device has the alias, or the service can't be asked
 */
export async function checkAliasFree(
  config: CliConfig,
  device: RegisterRequest,
  taken: string,
): Promise<void> {
  const content = {
    type: 'application/x-ndjson',
    bytes: new TextEncoder().encode(JSON.stringify(device)),
  };
  const path = '/v1/devices/bulk';
  const request = { ...queryApi(config), method: 'POST', path, content } as const;
  try {
    await callApi({ ...request, query: { dry_run: 'true' } }, bulkDryRunAnswerSchema);
  } catch (error) {
    // Of what makes a line bad, only this can't be seen from here.
    if (error instanceof RefusalError && error.status === UNPROCESSABLE) {
      throw new CommandError(taken, { cause: error });
    }
    throw error;
  }
}
