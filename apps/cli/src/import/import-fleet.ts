import {
  importDevices,
  importStatuses,
  readMonitoringDefaults,
  readSourceDevices,
  type DeviceOutcome,
  type SourceDevice,
} from '@nexmdm/db';
import type { DeviceClaims } from './device-claims.ts';
import type { ImportContext } from './import-context.ts';
import type { NoteReason } from './findings.ts';
import { latestTime } from './latest-time.ts';
import { planDevice, type DevicePlan } from './plan-device.ts';
import { readAhead } from './read-ahead.ts';

export interface FleetResult {
  devices: { read: number; imported: number; already_there: number; skipped: number };
  statuses: { imported: number; advanced: number; already_there: number; never_reported: number };
}

const CHUNK = 500;

/** Imports the devices and their last statuses, those in use first. */
export async function importFleet(
  context: ImportContext,
  claims: DeviceClaims,
): Promise<FleetResult> {
  const { fromSource, source, progress } = context;
  const result: FleetResult = {
    devices: { read: 0, imported: 0, already_there: 0, skipped: 0 },
    statuses: { imported: 0, advanced: 0, already_there: 0, never_reported: 0 },
  };
  await fromSource(async (transaction) => {
    const defaults = await readMonitoringDefaults(transaction, source);
    const read = readSourceDevices(transaction, source, latestTime(), CHUNK);
    for await (const chunk of readAhead(read)) {
      const plans: DevicePlan[] = [];
      for (const row of chunk) {
        const plan = planDevice(row, defaults);
        const problem = typeof plan === 'string' ? plan : claimIdentity(plan, claims);
        if (problem !== undefined) await skip(context, result, row, problem);
        else if (typeof plan !== 'string') plans.push(plan);
      }
      result.devices.read += chunk.length;
      await importChunk(context, claims, plans, result);
      progress(`devices: ${result.devices.read} read, ${result.devices.imported} imported`);
    }
  });
  return result;
}

/** Takes the token from a device whose token another one has. */
function claimIdentity(
  { device, notes }: DevicePlan,
  claims: DeviceClaims,
): 'id_twice' | 'alias_twice' | undefined {
  if (!claims.claimId(device.id)) return 'id_twice';
  if (!claims.claimAlias(device.alias)) return 'alias_twice';
  if (device.token_id === null || claims.claimToken(device.token_id)) return undefined;
  device.token_id = null;
  notes.push('token_twice');
  return undefined;
}

async function importChunk(
  context: ImportContext,
  claims: DeviceClaims,
  plans: readonly DevicePlan[],
  { devices, statuses, ...result }: FleetResult,
): Promise<void> {
  const { intoTarget, target, dryRun, findings } = context;
  const outcomes = new Map(
    (
      await intoTarget(() =>
        importDevices(
          target,
          plans.map(({ device }) => device),
          dryRun,
        ),
      )
    ).map((outcome) => [outcome.id, outcome]),
  );
  const present: DevicePlan[] = [];
  for (const plan of plans) {
    const { id, alias } = plan.device;
    const outcome = outcomes.get(id);
    if (outcome === undefined || (!outcome.known && !outcome.imported)) {
      await skip(context, { devices, statuses, ...result }, plan.device, 'alias_taken');
      continue;
    }
    devices[outcome.known ? 'already_there' : 'imported'] += 1;
    claims.present.add(id);
    present.push(plan);
    for (const reason of notesOf(plan, outcome)) {
      await findings.add({ kind: 'note', reason, device_id: id, alias });
    }
  }
  const given = present.flatMap(({ status }) => (status === null ? [] : [status]));
  const written = await intoTarget(() => importStatuses(target, given, dryRun));
  statuses.imported += written.imported;
  statuses.advanced += written.advanced;
  statuses.already_there += written.known;
  statuses.never_reported += present.length - given.length;
}

/** Of a device that was there and has a token, it no longer matters what the source has. */
function notesOf({ notes }: DevicePlan, outcome: DeviceOutcome): NoteReason[] {
  if (outcome.token_added) return ['token_added'];
  if (outcome.token_differs) return ['token_differs'];
  if (outcome.has_token) return notes.filter((reason) => !reason.startsWith('token_'));
  return outcome.token_taken ? [...notes, 'token_taken'] : notes;
}

async function skip(
  { findings }: ImportContext,
  { devices }: FleetResult,
  { id, alias }: Pick<SourceDevice, 'id' | 'alias'>,
  reason: Parameters<typeof findings.add>[0]['reason'],
): Promise<void> {
  devices.skipped += 1;
  await findings.add({ kind: 'skipped', reason, device_id: id, alias });
}
