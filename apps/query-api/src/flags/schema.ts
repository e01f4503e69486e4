import { flagChangeSchema, flagSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';

const BODY_BYTES_MAX = 1_024;

/** Who changes a flag: shown in its history, so it has to be readable there. */
export const operatorSchema = z
  .string()
  .trim()
  .regex(/^[\x20-\x7e]{1,100}$/, 'must be 1 to 100 printable ASCII characters');

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
    'it is changes nothing. The header `x-operator` (1 to 100 printable ASCII characters) says who ' +
    'makes the change; without it the address of the client is noted.',
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
