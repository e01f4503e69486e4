import type { FlagValue } from '@nexmdm/db';
import { HttpProblem, operatorOf } from '@nexmdm/service';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { FLAG_NAMES, isFlagName, type FlagName } from './flag-names.ts';
import type { Flags } from './flags.ts';
import {
  getFlagOperation,
  listFlagChangesOperation,
  listFlagsOperation,
  setFlagOperation,
} from './schema.ts';

export interface FlagsDeps {
  flags: Pick<Flags, 'get' | 'list' | 'set'>;
  /** The latest changes of a flag, newest first. */
  listFlagChanges: (name: string, limit: number) => Promise<FlagValue[]>;
}

const CHANGES_SHOWN = 50;

export function listFlagsEndpoint({ flags }: FlagsDeps): Endpoint {
  return endpoint(listFlagsOperation, async () => ({ body: { flags: flags.list() } }));
}

export function getFlagEndpoint({ flags }: FlagsDeps): Endpoint {
  return endpoint(getFlagOperation, async ({ param }) => ({
    body: flags.get(flagNameOrReject(param('name'))),
  }));
}

export function setFlagEndpoint({ flags }: FlagsDeps): Endpoint {
  return endpoint(setFlagOperation, async ({ body, param, req }) => ({
    body: await flags.set(flagNameOrReject(param('name')), body.enabled, operatorOf(req)),
  }));
}

export function listFlagChangesEndpoint({ listFlagChanges }: FlagsDeps): Endpoint {
  return endpoint(listFlagChangesOperation, async ({ param }) => {
    const changes = await listFlagChanges(flagNameOrReject(param('name')), CHANGES_SHOWN);
    return {
      body: {
        changes: changes.map(({ enabled, changed_by, changed_at }) => ({
          enabled,
          changed_by,
          changed_at,
        })),
      },
    };
  });
}

/** @throws HttpProblem 404 */
function flagNameOrReject(name: string): FlagName {
  if (isFlagName(name)) return name;
  throw new HttpProblem({
    status: 404,
    code: 'flag-not-found',
    detail: `There is no flag with this name; there are ${FLAG_NAMES.join(' and ')}.`,
  });
}
