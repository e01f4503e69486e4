import { z } from 'zod';
import { timeSchema } from './device.ts';

/** What the last heartbeat says about why a device went quiet or its app went down. */
export const evidenceSchema = z
  .strictObject({
    battery_pct: z.int().nullable(),
    plugged: z.boolean().nullable(),
    power_ok: z.boolean().nullable(),
    network_type: z.string().nullable(),
    ssid: z.string().nullable(),
    carrier: z.string().nullable(),
    net_validated: z.boolean().nullable(),
    doze_whitelisted: z.boolean().nullable(),
    queue_depth: z.int().nullable(),
    unity_running: z.boolean().nullable(),
    service_up: z.boolean().nullable(),
    app_version: z.string().nullable(),
    model: z.string().nullable(),
  })
  .meta({ id: 'Evidence' });
export type Evidence = z.output<typeof evidenceSchema>;

export const likelyCauseSchema = z
  .enum([
    'battery_low',
    'no_power',
    'no_network',
    'network_not_validated',
    'doze',
    'heartbeats_waiting',
  ])
  .meta({
    id: 'LikelyCause',
    description: `What the last heartbeat points to. What it didn't say is no sign of anything:

- \`battery_low\`: the battery was below 15 % and not known to be plugged in
- \`no_power\`: \`power_ok\` was false
- \`no_network\`: \`network_type\` was \`none\`
- \`network_not_validated\`: \`net_validated\` was false, a network that leads nowhere
- \`doze\`: \`doze_whitelisted\` was false, so that Android may put the agent to sleep to save battery
- \`heartbeats_waiting\`: \`queue_depth\` was above 0, heartbeats that could not be sent`,
  });
export type LikelyCause = z.output<typeof likelyCauseSchema>;

/** A device that is offline, or whose app is down, and why. */
export const troubledDeviceSchema = z
  .strictObject({
    device_id: z.guid(),
    alias: z.string(),
    last_seen: timeSchema,
    offline_seconds: z.int().nullable().describe('null while the device is online'),
    evidence: evidenceSchema.describe('what its last heartbeat said'),
    likely_causes: z.array(likelyCauseSchema).describe('the surest first'),
  })
  .meta({ id: 'TroubledDevice' });
export type TroubledDevice = z.output<typeof troubledDeviceSchema>;

export const offlineGroupBySchema = z.enum(['ssid', 'carrier', 'app_version', 'model']);
export type OfflineGroupBy = z.output<typeof offlineGroupBySchema>;
