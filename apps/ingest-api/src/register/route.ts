import { randomUUID } from 'node:crypto';
import { registerRequestSchema, type RegisterAnswer } from '@nexmdm/contracts';
import { AliasTakenError, isConnectionFault, type NewDevice } from '@nexmdm/db';
import {
  changeLog,
  createDeviceToken,
  HttpProblem,
  parseOrReject,
  readJsonBody,
  unavailable,
  type ByteBudget,
  type Logger,
} from '@nexmdm/service';
import type { RequestHandler } from 'express';

export interface RegisterDeps {
  logger: Logger;
  bodyBudget: ByteBudget;
  /** @throws AliasTakenError */
  insertDevice: (device: NewDevice) => Promise<void>;
}

const MAX_BYTES = 64 * 1024;

/** `POST /v1/register`: a new device and its token, which is shown this once. */
export function registerRoute(deps: RegisterDeps): RequestHandler {
  return async (req, res) => {
    const log = changeLog(deps.logger, req, res);
    const body = await readJsonBody(req, MAX_BYTES, deps.bodyBudget);
    const { alias, hardware_id } = parseOrReject(registerRequestSchema, body, 'registration');
    const { token, tokenId } = createDeviceToken();
    const device: NewDevice = {
      id: randomUUID(),
      alias,
      hardware_id: hardware_id ?? null,
      token_id: tokenId,
    };
    try {
      await deps.insertDevice(device);
    } catch (error) {
      if (error instanceof AliasTakenError) {
        throw new HttpProblem({
          status: 409,
          code: 'alias-taken',
          detail: 'Another device has this alias; choose a different one.',
        });
      }
      if (!isConnectionFault(error)) throw error;
      throw unavailable(
        'The database is not available, and the device may or may not have been registered; look ' +
          'before trying again.',
        error,
      );
    }
    log('device.registered', { device_id: device.id, alias });
    const answer: RegisterAnswer = { device_id: device.id, device_token: token };
    res.status(201).set('cache-control', 'no-store').json(answer);
  };
}
