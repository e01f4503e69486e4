import {
  bulkDryRunAnswerSchema,
  bulkRegisterAnswerSchema,
  MAX_BULK_DEVICES,
} from '@nexmdm/contracts';
import { operatorHeadersSchema } from '@nexmdm/service';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { booleanParameter } from '../api/parameters.ts';

export const CSV_TYPE = 'text/csv';
export const NDJSON_TYPE = 'application/x-ndjson';

export const registerDevicesOperation = {
  method: 'post',
  path: '/v1/devices/bulk',
  operationId: 'registerDevices',
  tag: 'registry',
  summary: 'Registers many devices, or none of them',
  description:
    'One line that is not valid, is there twice or has an alias that is taken makes it a 422 that ' +
    'names every such line, and nothing is registered. The tokens are shown this once.',
  query: z.strictObject({
    dry_run: booleanParameter.optional().describe('`true` checks every line and registers nothing'),
  }),
  headers: operatorHeadersSchema,
  rawBody: {
    contentTypes: [CSV_TYPE, NDJSON_TYPE],
    description:
      `At most ${MAX_BULK_DEVICES} devices and 4 MiB, gzip accepted. CSV: a header with \`alias\` ` +
      'and, if wanted, `hardware_id`, then a line for each device. NDJSON: a line for each device, ' +
      '`{"alias": "Kiosk 7", "hardware_id": "R4S1"}`.',
  },
  answers: {
    200: { description: 'The dry run: all could be registered', schema: bulkDryRunAnswerSchema },
    201: { description: 'All are registered', schema: bulkRegisterAnswerSchema },
  },
  problems: {
    413: 'The body is larger than 4 MiB, or inflates to more',
    415: 'The body is neither CSV nor NDJSON',
    503: 'The database is not available',
  },
} as const satisfies Operation;
