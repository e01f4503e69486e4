import { flagChangeSchema, flagSchema } from '@nexmdm/contracts';
import { operatorHeadersSchema } from '@nexmdm/service';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';

const BODY_BYTES_MAX = 1_024;

export const listFlagsOperation = {
  method: 'get',
  path: '/ops/flags',
  operationId: 'listFlags',
  tag: 'operations',
  summary: 'The run-time flags and what they are now',
  answers: {
    200: { description: 'Every flag', schema: z.strictObject({ flags: z.array(flagSchema) }) },
  },
} as const satisfies Operation;

export const getFlagOperation = {
  method: 'get',
  path: '/ops/flags/{name}',
  operationId: 'getFlag',
  tag: 'operations',
  summary: 'One run-time flag',
  answers: { 200: { description: 'The flag', schema: flagSchema } },
  problems: { 404: 'There is no such flag; the detail names those there are' },
} as const satisfies Operation;

export const setFlagOperation = {
  method: 'put',
  path: '/ops/flags/{name}',
  operationId: 'setFlag',
  tag: 'operations',
  summary: 'Sets a run-time flag',
  description:
    'The change holds in the process that answers at once, in every other one within two seconds, ' +
    'and over restarts. `null` returns the flag to the setting of the service. Setting it to what ' +
    'it is changes nothing.',
  headers: operatorHeadersSchema,
  body: {
    schema: z.strictObject({ enabled: z.boolean().nullable() }),
    maxBytes: BODY_BYTES_MAX,
  },
  answers: { 200: { description: 'The flag after the change', schema: flagSchema } },
  problems: {
    404: 'There is no such flag; the detail names those there are',
    503: 'The database is not available',
  },
} as const satisfies Operation;

export const listFlagChangesOperation = {
  method: 'get',
  path: '/ops/flags/{name}/changes',
  operationId: 'listFlagChanges',
  tag: 'operations',
  summary: 'The last 50 changes of a run-time flag, newest first',
  answers: {
    200: {
      description: 'The changes',
      schema: z.strictObject({ changes: z.array(flagChangeSchema) }),
    },
  },
  problems: {
    404: 'There is no such flag; the detail names those there are',
    503: 'The database is not available',
  },
} as const satisfies Operation;
