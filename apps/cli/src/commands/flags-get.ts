import { flagSchema, type FlagView } from '@nexmdm/contracts';
import { z } from 'zod';
import { callApi } from '../api-client.ts';
import type { CommandContext } from '../command-context.ts';
import type { CliConfig } from '../config.ts';
import { queryApi } from '../query-api.ts';
import { textTable } from '../text-table.ts';

export interface GetFlagsOptions {
  json?: true;
}

const HEADINGS = ['FLAG', 'STATE', 'DEFAULT', 'FROM', 'CHANGED BY', 'CHANGED AT', 'SWITCHES'];

/** @throws CommandError when there is no such flag, or the service can't be asked */
export async function getFlags(
  name: string | undefined,
  options: GetFlagsOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  const flags = name === undefined ? await fetchFlags(config) : [await fetchFlag(name, config)];
  if (options.json) {
    output.printJson(name === undefined ? { flags } : flags[0]);
    return;
  }
  output.print(textTable(HEADINGS, flags.map(tableRow)));
}

/** @throws CommandError */
export function fetchFlag(name: string, config: CliConfig): Promise<FlagView> {
  const path = `/ops/flags/${encodeURIComponent(name)}`;
  return callApi({ ...queryApi(config), path }, flagSchema);
}

async function fetchFlags(config: CliConfig): Promise<FlagView[]> {
  const answer = z.object({ flags: z.array(flagSchema) });
  return (await callApi({ ...queryApi(config), path: '/ops/flags' }, answer)).flags;
}

function tableRow(flag: FlagView): (string | null)[] {
  return [
    flag.name,
    onOrOff(flag.enabled),
    onOrOff(flag.default),
    flag.source === 'stored' ? 'set' : 'default',
    flag.changed_by,
    flag.changed_at,
    flag.description,
  ];
}

export function onOrOff(enabled: boolean): string {
  return enabled ? 'on' : 'off';
}
