import { deviceSchema, deviceStatusSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { cursorParameter, limitParameter } from '../api/parameters.ts';

/** Where the page before ended. */
export const devicePlaceSchema = z.object({ alias: z.string() });

export const listDevicesOperation = {
  method: 'get',
  path: '/v1/devices',
  operationId: 'listDevices',
  tag: 'devices',
  summary: 'A page of the fleet',
  query: z.strictObject({
    limit: limitParameter(100),
    cursor: cursorParameter,
    status: deviceStatusSchema.optional(),
  }),
  answers: { 200: { description: 'The page' } },
} as const satisfies Operation;

export const getDeviceOperation = {
  method: 'get',
  path: '/v1/devices/{id}',
  operationId: 'getDevice',
  tag: 'devices',
  summary: 'One device with its newest state',
  answers: { 200: { description: 'The device', schema: deviceSchema } },
  problems: { 404: 'There is no such device, or it was deleted' },
} as const satisfies Operation;
