import type { FlagValue } from '@nexmdm/db';
import { HttpProblem, validationProblem } from '@nexmdm/service';
import type { Request } from 'express';
import { z } from 'zod';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { FLAG_NAMES, isFlagName, type FlagName } from './flag-names.ts';
import type { Flags } from './flags.ts';
import {
  getFlagOperation,
  listFlagChangesOperation,
  listFlagsOperation,
  operatorSchema,
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

const headersSchema = z.object({ 'x-operator': operatorSchema.optional() });

/** @throws HttpProblem 422 */
function operatorOf(req: Request): string {
  const parsed = headersSchema.safeParse({ 'x-operator': req.get('x-operator') });
  if (!parsed.success) throw validationProblem(parsed.error, 'header');
  return parsed.data['x-operator'] ?? req.ip ?? 'unknown';
}
