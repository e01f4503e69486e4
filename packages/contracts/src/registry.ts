import { z } from 'zod';
import { timeSchema } from './device.ts';
import { deviceNameSchema, registerRequestSchema } from './register.ts';

/** At least two names of letters, digits and `_`, as Android wants it. */
const PACKAGE = /^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$/;
const MAX_PACKAGE_LENGTH = 200;
const DAY_MINUTES = 1_440;
const DAY_SECONDS = 86_400;

/** How long a rotated token stays good unless said otherwise. */
export const DEFAULT_GRACE_SECONDS = DAY_SECONDS;
export const MAX_GRACE_SECONDS = 30 * DAY_SECONDS;

/** The most devices of one bulk registration. */
export const MAX_BULK_DEVICES = 10_000;

/** What can be changed of a registered device; what is left out stays. */
export const deviceChangeSchema = z
  .strictObject({
    alias: deviceNameSchema.describe('taken by no other device'),
    monitored_package: z
      .string()
      .max(MAX_PACKAGE_LENGTH)
      .regex(PACKAGE, 'must be an Android package name, such as io.unitynodes.unityapp')
      .nullable(),
    monitored_app_name: deviceNameSchema.nullable(),
    monitored_threshold_min: z
      .int()
      .min(1)
      .max(DAY_MINUTES)
      .describe('minutes without the monitored app in the foreground until its service is down'),
    monitor_enabled: z.boolean(),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must hold at least one field to change')
  .meta({ id: 'DeviceChange', minProperties: 1 });

export type DeviceChange = z.output<typeof deviceChangeSchema>;

export const rotateTokenRequestSchema = z.strictObject({
  grace_seconds: z
    .int()
    .min(0)
    .max(MAX_GRACE_SECONDS)
    .default(DEFAULT_GRACE_SECONDS)
    .describe('how long the token until now stays good'),
});

/** The token is shown here once; only its sha256 is stored. */
export const rotateTokenAnswerSchema = z
  .strictObject({
    device_id: z.guid(),
    device_token: z.string(),
    previous_token_valid_until: timeSchema
      .nullable()
      .describe('null: there was no token until now'),
  })
  .meta({ id: 'RotatedToken' });

export const restoreRequestSchema = z.strictObject({
  alias: deviceNameSchema
    .optional()
    .describe('a new alias, for when the one before the deletion is taken'),
});

export const deletedDeviceSchema = z
  .strictObject({
    id: z.guid(),
    alias: z.string().describe('the alias before the deletion'),
    deleted_at: timeSchema,
    created_at: timeSchema,
    last_seen: timeSchema.nullable(),
  })
  .meta({ id: 'DeletedDevice' });

/** One device of a bulk registration. */
export const bulkDeviceSchema = z.strictObject(registerRequestSchema.shape);

/** The tokens are shown here once; only their sha256 is stored. */
export const bulkRegisterAnswerSchema = z
  .strictObject({
    registered: z.int(),
    devices: z.array(
      z.strictObject({
        line: z.int().describe('where the device is in the body, from 1'),
        alias: z.string(),
        device_id: z.guid(),
        device_token: z.string(),
      }),
    ),
  })
  .meta({ id: 'BulkRegistration' });

export type BulkRegisterAnswer = z.output<typeof bulkRegisterAnswerSchema>;

export const bulkDryRunAnswerSchema = z.strictObject({ would_register: z.int() });
