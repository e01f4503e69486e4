import type { DeviceChange } from '@nexmdm/contracts';
import {
  createFastReads,
  createLegacyReads,
  deleteDevice,
  insertDevices,
  listDeletedDevices,
  listTakenAliases,
  mayPass,
  restoreDevice,
  revokeDeviceToken,
  rotateDeviceToken,
  updateDevice,
  type BulkDevice,
  type DatabaseHandle,
  type DeletedDeviceRow,
  type DeviceRow,
  type ListDeletedDevicesOptions,
  type RestoreOutcome,
  type RotatedToken,
  type TokenRotation,
} from '@nexmdm/db';
import { unavailable } from '@nexmdm/service';

/** The registry of devices, as its statements have it; a database that is away is a 503. */
export interface DeviceRegistry {
  /** A device after its change, as the primary has it: a replica may not have the change yet. */
  find(id: string): Promise<DeviceRow | undefined>;
  /** Those of the devices that exist, likewise, in no order. */
  listById(ids: readonly string[]): Promise<DeviceRow[]>;
  /** @throws AliasTakenError */
  update(id: string, change: DeviceChange): Promise<boolean>;
  /** @throws AliasTakenError */
  delete(id: string): Promise<boolean>;
  /** @throws AliasTakenError */
  restore(id: string, alias: string | undefined): Promise<RestoreOutcome>;
  rotateToken(id: string, rotation: TokenRotation): Promise<RotatedToken | undefined>;
  revokeToken(id: string): Promise<boolean>;
  /** @throws AliasesTakenError, and then none is registered */
  registerAll(devices: readonly BulkDevice[]): Promise<void>;
  listTakenAliases(aliases: readonly string[]): Promise<string[]>;
  listDeleted(options: ListDeletedDevicesOptions): Promise<DeletedDeviceRow[]>;
}

export interface DeviceRegistrySource {
  /** The primary database. */
  db: DatabaseHandle['db'];
  /** Where lists are read: a replica, when there is one. */
  readDb: DatabaseHandle['db'];
  /** A device that was seen within this time is online. */
  onlineWithinSeconds: number;
  /** Whether states come from the last status at this moment. */
  isFast: () => boolean;
  /** Told of devices that are another than before, once that can be read. */
  onChanged: (devices: readonly { device_id: string }[]) => void;
}

export function createDeviceRegistry(source: DeviceRegistrySource): DeviceRegistry {
  const { db, readDb, isFast, onChanged } = source;
  const fast = createFastReads(db, source);
  const legacy = createLegacyReads(db, source);
  const reads = () => (isFast() ? fast : legacy);
  return {
    find: (id) => orUncertain(() => reads().findDevice(id)),
    listById: (ids) => orTryAgain(() => reads().listDevicesById(ids)),
    async update(id, change) {
      const updated = await orUncertain(() => updateDevice(db, id, change));
      if (updated) onChanged([{ device_id: id }]);
      return updated;
    },
    async delete(id) {
      const deleted = await orUncertain(() => deleteDevice(db, id));
      if (deleted) onChanged([{ device_id: id }]);
      return deleted;
    },
    async restore(id, alias) {
      const outcome = await orUncertain(() => restoreDevice(db, id, alias));
      if (outcome === 'restored') onChanged([{ device_id: id }]);
      return outcome;
    },
    rotateToken: (id, rotation) => orUncertain(() => rotateDeviceToken(db, id, rotation)),
    revokeToken: (id) => orUncertain(() => revokeDeviceToken(db, id)),
    async registerAll(devices) {
      await orUncertain(() => insertDevices(db, devices));
      onChanged(devices.map(({ id }) => ({ device_id: id })));
    },
    listTakenAliases: (aliases) => orTryAgain(() => listTakenAliases(db, aliases)),
    listDeleted: (options) => orTryAgain(() => listDeletedDevices(readDb, options)),
  };
}

function orTryAgain<T>(read: () => Promise<T>): Promise<T> {
  return orUnavailable('The database is not available; try again.', read);
}

/** A commit that went unanswered may have been made all the same. */
function orUncertain<T>(change: () => Promise<T>): Promise<T> {
  return orUnavailable(
    'The database is not available, and the change may or may not have been made; look before ' +
      'trying again.',
    change,
  );
}

async function orUnavailable<T>(detail: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!mayPass(error)) throw error;
    throw unavailable(detail, error);
  }
}
