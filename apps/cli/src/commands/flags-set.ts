import { FLAG_REACH_SECONDS, flagSchema, type FlagView } from '@nexmdm/contracts';
import { callApi } from '../api-client.ts';
import type { CommandContext } from '../command-context.ts';
import { operatorName } from '../operator.ts';
import { queryApi } from '../query-api.ts';
import { fetchFlag, onOrOff } from './flags-get.ts';

export interface SetFlagOptions {
  dryRun?: true;
  json?: true;
}

/**
 * @param state null for the setting of the service
 * @throws CommandError when there is no such flag, or the service can't be asked
 */
export async function setFlag(
  name: string,
  state: boolean | null,
  options: SetFlagOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  const before = await fetchFlag(name, config);
  if (options.dryRun) {
    const wanted = state ?? before.default;
    if (options.json) output.printJson({ dry_run: true, before, enabled: wanted });
    else
      output.print(
        `Would set ${describe(before)} to ${onOrOff(wanted)}${state === null ? ' (default)' : ''}; nothing was changed.`,
      );
    return;
  }
  const flag = await callApi(
    {
      ...queryApi(config),
      method: 'PUT',
      path: `/ops/flags/${encodeURIComponent(name)}`,
      headers: { 'x-operator': operatorName() },
      body: { enabled: state },
    },
    flagSchema,
  );
  if (options.json) {
    output.printJson(flag);
    return;
  }
  output.print(`${describe(flag)}, was ${onOrOff(before.enabled)}`);
  output.note(`It reaches every query API within ${FLAG_REACH_SECONDS} s and survives restarts.`);
}

function describe(flag: FlagView): string {
  return `${flag.name}: ${onOrOff(flag.enabled)}${flag.source === 'environment' ? ' (default)' : ''}`;
}
