import { pipeline } from 'node:stream/promises';
import { codeOf, type Logger } from '@nexmdm/service';
import { endpoint } from '../api/endpoint.ts';
import type { Endpoint } from '../api/operation.ts';
import { tellPath, type FleetReader } from '../fleet/fleet-reader.ts';
import { allDevices, deviceCsv } from './device-csv.ts';
import { exportDevicesOperation } from './export-schema.ts';
import { toDeviceFilter } from './schema.ts';

/** A client that takes nothing for so long is cut off. */
const STALLED_MS = 60_000;

export interface ExportDeps {
  fleet: FleetReader;
  logger: Logger;
}

export function exportDevicesEndpoint({ fleet, logger }: ExportDeps): Endpoint {
  return endpoint(exportDevicesOperation, async ({ query, req, res }) => {
    tellPath(res, fleet);
    // In one way from beginning to end, whatever is switched meanwhile.
    const devices = allDevices(fleet.reads, toDeviceFilter(query));
    // Until the first is there, what fails can still be said.
    const first = await devices.next();
    res.attachment(`devices-${new Date().toISOString().slice(0, 10)}.csv`);
    if (req.method === 'HEAD') {
      await devices.return(undefined);
      return {};
    }
    res.setTimeout(STALLED_MS, () => res.destroy());
    const lines = deviceCsv();
    if (first.done !== true) lines.write(first.value);
    try {
      // On a failure this breaks the connection: an end would make a part look like the whole.
      await pipeline(devices, lines, res);
    } catch (error) {
      if (codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE') return undefined;
      logger.error('devices.export_failed', {
        request_id: res.locals['requestId'],
        error,
      });
    }
    return undefined;
  });
}
