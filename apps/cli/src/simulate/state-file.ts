import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import type { Credentials } from './fleet-member.ts';

/** Device `0` is the first of the fleet; one that isn't registered yet is null. */
const stateSchema = z.object({
  version: z.literal(1),
  devices: z.array(
    z
      .object({
        alias: z.string().min(1),
        device_id: z.string().min(1),
        device_token: z.string().min(1),
      })
      .nullable(),
  ),
});

/**
 * The devices of earlier runs, by their place in the fleet.
 *
 * @throws CommandError when the file is there but isn't one of ours
 */
export async function readStateFile(file: string): Promise<(Credentials | undefined)[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new CommandError(`The state file ${file} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  try {
    return stateSchema
      .parse(JSON.parse(text))
      .devices.map((device) =>
        device === null
          ? undefined
          : { alias: device.alias, deviceId: device.device_id, token: device.device_token },
      );
  } catch (error) {
    throw new CommandError(
      `${file} is not a state file of "simulate". Name another with --state, or delete it to begin with new devices.`,
      { cause: error },
    );
  }
}

/** Replaces the file as a whole, readable to its owner only: it holds the tokens. */
export async function writeStateFile(
  file: string,
  devices: readonly (Credentials | undefined)[],
): Promise<void> {
  const content: z.input<typeof stateSchema> = {
    version: 1,
    devices: Array.from(devices, (device) =>
      device === undefined
        ? null
        : { alias: device.alias, device_id: device.deviceId, device_token: device.token },
    ),
  };
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(content, null, 1)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CommandError(`The state file ${file} can't be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
