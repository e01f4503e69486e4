import { changeLog, createDeviceToken } from '@nexmdm/service';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { deviceNotFound } from '../devices/route.ts';
import { deviceIdOrReject, type RegistryDeps } from './route.ts';
import { revokeTokenOperation, rotateTokenOperation } from './schema.ts';

export function rotateTokenEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(rotateTokenOperation, async ({ param, body, req, res }) => {
    const log = changeLog(deps.logger, req, res);
    const id = deviceIdOrReject(param('id'));
    const { token, tokenId } = createDeviceToken();
    const graceSeconds = body.grace_seconds;
    const rotated = await deps.deviceRegistry.rotateToken(id, { tokenId, graceSeconds });
    if (rotated === undefined) throw deviceNotFound();
    log('device.token_rotated', { device_id: id, ...rotated });
    res.set('cache-control', 'no-store');
    return { body: { device_id: id, device_token: token, ...rotated } };
  });
}

export function revokeTokenEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(revokeTokenOperation, async ({ param, req, res }) => {
    const log = changeLog(deps.logger, req, res);
    const id = deviceIdOrReject(param('id'));
    if (!(await deps.deviceRegistry.revokeToken(id))) throw deviceNotFound();
    log('device.token_revoked', { device_id: id });
    return { status: 204 };
  });
}
