import {
  deletedDeviceSchema,
  deviceChangeSchema,
  deviceSchema,
  restoreRequestSchema,
  rotateTokenAnswerSchema,
  rotateTokenRequestSchema,
} from '@nexmdm/contracts';
import { operatorHeadersSchema } from '@nexmdm/service';
import { z } from 'zod';
import type { Operation } from '../api/operation.ts';
import { paginationSchema } from '../api/pagination-schema.ts';
import { cursorParameter, limitParameter } from '../api/parameters.ts';

const BODY_BYTES_MAX = 16 * 1024;
const NO_DEVICE = 'There is no such device, or it was deleted';
const UNAVAILABLE =
  'The database is not available; the change may or may not have been made, so look before trying ' +
  'again';

export const changeDeviceOperation = {
  method: 'patch',
  path: '/v1/devices/{id}',
  operationId: 'changeDevice',
  tag: 'registry',
  summary: 'Renames a device or changes how it is monitored',
  description:
    'What the body leaves out stays as it is. Ingest follows within two seconds; `service_up` with ' +
    "the device's next heartbeat.",
  headers: operatorHeadersSchema,
  body: { schema: deviceChangeSchema, maxBytes: BODY_BYTES_MAX },
  answers: { 200: { description: 'The device after the change', schema: deviceSchema } },
  problems: { 404: NO_DEVICE, 409: 'Another device has the alias', 503: UNAVAILABLE },
} as const satisfies Operation;

export const rotateTokenOperation = {
  method: 'post',
  path: '/v1/devices/{id}/rotate-token',
  operationId: 'rotateToken',
  tag: 'registry',
  summary: 'Gives a device a new token',
  description:
    'The new token is good at once and shown this once. The one until now stays good for ' +
    '`grace_seconds`, and those before it no longer than that; a token that was revoked stays so. ' +
    'When its time is over a token is answered with 410.',
  headers: operatorHeadersSchema,
  body: { schema: rotateTokenRequestSchema, maxBytes: BODY_BYTES_MAX, optional: true },
  answers: { 200: { description: 'The new token', schema: rotateTokenAnswerSchema } },
  problems: { 404: NO_DEVICE, 503: UNAVAILABLE },
} as const satisfies Operation;

export const revokeTokenOperation = {
  method: 'post',
  path: '/v1/devices/{id}/revoke-token',
  operationId: 'revokeToken',
  tag: 'registry',
  summary: 'Ends every token of a device',
  description:
    'Within two seconds every ingest process answers them with 410. Rotating the token lets the ' +
    'device in again.',
  headers: operatorHeadersSchema,
  answers: { 204: { description: 'Done' } },
  problems: { 404: NO_DEVICE, 503: UNAVAILABLE },
} as const satisfies Operation;

export const deleteDeviceOperation = {
  method: 'delete',
  path: '/v1/devices/{id}',
  operationId: 'deleteDevice',
  tag: 'registry',
  summary: 'Deletes a device',
  description:
    'Within two seconds every ingest process answers its tokens with 410. Its alias is free for ' +
    'another device; its history is kept, and it can be restored.',
  headers: operatorHeadersSchema,
  answers: { 204: { description: 'Done' } },
  problems: {
    404: NO_DEVICE,
    409: 'Another device has the alias that this one would have as a deleted one',
    503: UNAVAILABLE,
  },
} as const satisfies Operation;

export const restoreDeviceOperation = {
  method: 'post',
  path: '/v1/devices/{id}/restore',
  operationId: 'restoreDevice',
  tag: 'registry',
  summary: 'Takes the deletion of a device back',
  description: 'The device, its tokens and its last state are as they were before.',
  headers: operatorHeadersSchema,
  body: { schema: restoreRequestSchema, maxBytes: BODY_BYTES_MAX, optional: true },
  answers: { 200: { description: 'The device', schema: deviceSchema } },
  problems: {
    404: 'There is no such device',
    409: 'The device is not deleted, or another device has its alias by now',
    503: UNAVAILABLE,
  },
} as const satisfies Operation;

export const listDeletedDevicesOperation = {
  method: 'get',
  path: '/v1/devices/deleted',
  operationId: 'listDeletedDevices',
  tag: 'registry',
  summary: 'The deleted devices, the newest deletion first',
  query: z.strictObject({ limit: limitParameter(100), cursor: cursorParameter }),
  answers: {
    200: {
      description: 'A page of them',
      schema: z.strictObject({
        devices: z.array(deletedDeviceSchema),
        pagination: paginationSchema,
      }),
    },
  },
  problems: { 400: 'The cursor is not one that this list gave out' },
} as const satisfies Operation;

/** Where the page before ended. */
export const deletedDevicePlaceSchema = z.object({ deletedAt: z.string(), id: z.guid() });
