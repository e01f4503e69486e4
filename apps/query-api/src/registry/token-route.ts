import { createDeviceToken } from '@nexmdm/service';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { deviceNotFound } from '../devices/route.ts';
import { deviceIdOrReject, logChange, type RegistryDeps } from './route.ts';
import { revokeTokenOperation, rotateTokenOperation } from './schema.ts';

export function rotateTokenEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(rotateTokenOperation, async ({ param, body, res }) => {
    const id = deviceIdOrReject(param('id'));
    const { token, tokenId } = createDeviceToken();
    const graceSeconds = body.grace_seconds;
    const rotated = await deps.deviceRegistry.rotateToken(id, { tokenId, graceSeconds });
    if (rotated === undefined) throw deviceNotFound();
    logChange(deps, res, 'device.token_rotated', id, { ...rotated });
    res.set('cache-control', 'no-store');
    return { body: { device_id: id, device_token: token, ...rotated } };
  });
}

export function revokeTokenEndpoint(deps: RegistryDeps): Endpoint {
  return endpoint(revokeTokenOperation, async ({ param, res }) => {
    const id = deviceIdOrReject(param('id'));
    if (!(await deps.deviceRegistry.revokeToken(id))) throw deviceNotFound();
    logChange(deps, res, 'device.token_revoked', id);
    return { status: 204 };
  });
}
