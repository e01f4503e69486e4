import { rotateTokenAnswerSchema } from '@nexmdm/contracts';
import { z } from 'zod';
import type { CommandContext } from '../command-context.ts';
import { changeDevice, fetchDevice } from '../device-request.ts';
import { printable } from '../text-table.ts';

export interface RotateTokenOptions {
  /** Seconds. */
  grace: number;
  dryRun?: true;
  json?: true;
}

export interface RevokeTokenOptions {
  dryRun?: true;
  json?: true;
}

/** @throws CommandError when there is no such device, or the service can't be asked */
export async function rotateToken(
  id: string,
  { grace, dryRun, json }: RotateTokenOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  if (dryRun) {
    const { id: device_id, alias } = await fetchDevice(config, id);
    if (json) output.printJson({ dry_run: true, device_id, alias, grace_seconds: grace });
    else {
      const old =
        grace === 0 ? 'end at once' : `stay good for ${grace} s more, unless it was revoked`;
      output.print(
        `Would give "${printable(alias)}" a new token; the one until now would ${old}. Nothing was changed.`,
      );
    }
    return;
  }
  const request = {
    method: 'POST',
    action: '/rotate-token',
    body: { grace_seconds: grace },
  } as const;
  const rotated = await changeDevice(config, id, request, rotateTokenAnswerSchema);
  if (json) {
    output.printJson(rotated);
    return;
  }
  const { device_id, device_token, previous_token_valid_until: until } = rotated;
  output.print(`device_id     ${device_id}\ndevice_token  ${device_token}`);
  output.note("The token is shown this once and can't be read again: give it to the device now.");
  if (until !== null) output.note(`The one until now is good until ${until}.`);
}

/** @throws CommandError when there is no such device, or the service can't be asked */
export async function revokeToken(
  id: string,
  { dryRun, json }: RevokeTokenOptions,
  { output, readConfig }: CommandContext,
): Promise<void> {
  const config = readConfig();
  const { id: device_id, alias } = await fetchDevice(config, id);
  if (dryRun) {
    if (json) output.printJson({ dry_run: true, device_id, alias });
    else output.print(`Would revoke the tokens of "${printable(alias)}"; nothing was changed.`);
    return;
  }
  await changeDevice(config, id, { method: 'POST', action: '/revoke-token' }, z.undefined());
  if (json) output.printJson({ device_id, alias, revoked: true });
  else {
    output.print(`Revoked the tokens of "${printable(alias)}".`);
    output.note(
      'Every ingest API refuses them within 2 s. "nexmdm devices rotate-token" lets the device in again.',
    );
  }
}
