import { z } from 'zod';

const count = z.int().min(0);

/** The fleet in numbers. Devices that were deleted don't count. */
export const fleetCountsSchema = z
  .strictObject({
    total: count,
    online: count.describe('seen within three heartbeat intervals'),
    offline: count,
    never_seen: count.describe('no heartbeat is known'),
    low_battery: count.describe('battery below 15 %'),
    unity_down: count.describe('unity_running is false, and seen within 24 hours'),
    unity_unknown: count.describe('unity_running is not known, and seen within 24 hours'),
    service_down: count.describe('the monitored app is not in use'),
  })
  .meta({ id: 'FleetCounts' });

export type FleetCounts = z.output<typeof fleetCountsSchema>;
