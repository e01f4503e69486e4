import type { Endpoint } from '../api/operation.ts';
import { registerDevicesEndpoint } from './bulk-route.ts';
import {
  changeDeviceEndpoint,
  deleteDeviceEndpoint,
  listDeletedDevicesEndpoint,
  restoreDeviceEndpoint,
  type RegistryDeps,
} from './route.ts';
import { revokeTokenEndpoint, rotateTokenEndpoint } from './token-route.ts';

/** All that changes the registry. */
export function registryEndpoints(deps: RegistryDeps): Endpoint[] {
  return [
    registerDevicesEndpoint(deps),
    listDeletedDevicesEndpoint(deps),
    changeDeviceEndpoint(deps),
    deleteDeviceEndpoint(deps),
    restoreDeviceEndpoint(deps),
    rotateTokenEndpoint(deps),
    revokeTokenEndpoint(deps),
  ];
}
