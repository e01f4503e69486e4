import { randomUUID } from 'node:crypto';
import { AliasesTakenError } from '@nexmdm/db';
import { changeLog, createDeviceToken, HttpProblem, readTextBody } from '@nexmdm/service';
import type { Answer, Endpoint } from '../api/operation.ts';
import { endpoint } from '../api/endpoint.ts';
import { checkLines, type BulkLine, type LineProblem } from './bulk-lines.ts';
import { CSV_TYPE, NDJSON_TYPE, registerDevicesOperation } from './bulk-schema.ts';
import type { DeviceRegistry } from './device-registry.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import type { RegistryDeps } from './route.ts';

const BODY_BYTES_MAX = 4 * 1024 * 1024;
const PROBLEMS_SHOWN = 1_000;
const MESSAGE_LENGTH_MAX = 300;

export function registerDevicesEndpoint(deps: RegistryDeps): Endpoint {
  const { deviceRegistry } = deps;
  return endpoint(registerDevicesOperation, async ({ query, budget, req, res }) => {
    const log = changeLog(deps.logger, req, res);
    const types = [CSV_TYPE, NDJSON_TYPE];
    const { mediaType, text } = await readTextBody(req, types, BODY_BYTES_MAX, budget);
    const { devices, problems } = checkLines(
      mediaType === CSV_TYPE ? readCsv(text) : readNdjson(text),
    );
    if (problems.length > 0 || query.dry_run === true) {
      // A report is about everything there is to mend.
      const taken = await deviceRegistry.listTakenAliases(devices.map(({ alias }) => alias));
      rejectProblems([...problems, ...takenLines(devices, taken)]);
      return { body: { would_register: devices.length } };
    }
    const answer = await registerAll(deviceRegistry, devices);
    log('device.bulk_registered', { devices: devices.length });
    res.set('cache-control', 'no-store');
    return answer;
  });
}

/** @throws HttpProblem 422 when an alias is taken */
async function registerAll(registry: DeviceRegistry, lines: readonly BulkLine[]): Promise<Answer> {
  const made = lines.map((line) => ({ ...line, id: randomUUID(), ...createDeviceToken() }));
  try {
    await registry.registerAll(
      made.map(({ id, alias, hardwareId, tokenId }) => ({
        id,
        alias,
        hardware_id: hardwareId,
        token_id: tokenId,
      })),
    );
  } catch (error) {
    if (error instanceof AliasesTakenError) rejectProblems(takenLines(lines, error.aliases));
    throw error;
  }
  const devices = made.map(({ line, alias, id, token }) => ({
    line,
    alias,
    device_id: id,
    device_token: token,
  }));
  return { status: 201, body: { registered: devices.length, devices } };
}

function takenLines(lines: readonly BulkLine[], aliases: readonly string[]): LineProblem[] {
  const taken = new Set(aliases);
  return lines
    .filter(({ alias }) => taken.has(alias))
    .map(({ line }) => ({ line, message: 'alias: is taken by another device' }));
}

/** @throws HttpProblem 422 when there are any */
function rejectProblems(problems: readonly LineProblem[]): void {
  if (problems.length === 0) return;
  const sorted = problems.toSorted((one, other) => one.line - other.line);
  const more = sorted.length - PROBLEMS_SHOWN;
  const lines = sorted.length === 1 ? '1 line is' : `${sorted.length} lines are`;
  const shown =
    more > 0 ? `errors has the first ${PROBLEMS_SHOWN}, and not ${more} more` : 'see errors';
  throw new HttpProblem({
    status: 422,
    code: 'validation-failed',
    detail: `Nothing was registered: ${lines} not valid; ${shown}.`,
    errors: sorted.slice(0, PROBLEMS_SHOWN).map(({ line, message }) => ({
      path: `line ${line}`,
      message: message.slice(0, MESSAGE_LENGTH_MAX),
    })),
  });
}
