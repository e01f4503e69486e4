import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { readPathHeaders } from '../fleet/fleet-reader.ts';
import { deviceFilterParameters, unknownWithoutDown } from './schema.ts';

export const exportDevicesOperation = {
  method: 'get',
  path: '/v1/devices.csv',
  operationId: 'exportDevices',
  tag: 'devices',
  summary: 'The whole fleet, or all that match, as CSV',
  description:
    'A header with the fields of a device, then a line for each, sorted by alias; every device that ' +
    'is there all the while comes exactly once. Lines end with CR LF; null is an empty field. A text ' +
    "that a spreadsheet would take for a formula begins with `'`. An answer that breaks off without " +
    'its proper end is not complete.',
  query: z.strictObject(deviceFilterParameters).refine(...unknownWithoutDown),
  answers: {
    200: {
      description: 'The devices, as a file',
      contentType: 'text/csv',
      headers: readPathHeaders,
    },
  },
} as const satisfies Operation;
