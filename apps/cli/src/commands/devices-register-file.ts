import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  bulkDryRunAnswerSchema,
  bulkRegisterAnswerSchema,
  type BulkRegisterAnswer,
} from '@nexmdm/contracts';
import { callApi, type ApiRequest } from '../api-client.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { csvText } from '../csv.ts';
import { explainError } from '../explain-error.ts';
import { operatorName } from '../operator.ts';
import type { Output } from '../output.ts';
import { queryApi } from '../query-api.ts';
import { createSecretFile } from '../secret-file.ts';

export interface RegisterFileOptions {
  /** The file to register from. */
  file: string;
  /** The file for the tokens; standard output without it. */
  output: string | undefined;
  dryRun?: true;
  json?: true;
}

const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.ndjson': 'application/x-ndjson',
  '.jsonl': 'application/x-ndjson',
};
const TIMEOUT_MS = 120_000;

/** @throws CommandError that names each bad line, or when a file or the service can't be used */
export async function registerFile(
  options: RegisterFileOptions,
  context: CommandContext,
): Promise<void> {
  const { output, readConfig } = context;
  const request: ApiRequest = {
    ...queryApi(readConfig()),
    method: 'POST',
    path: '/v1/devices/bulk',
    headers: { 'x-operator': operatorName() },
    content: await readContent(options.file),
    timeoutMs: TIMEOUT_MS,
  };
  if (options.dryRun) {
    const { would_register } = await callApi(
      { ...request, query: { dry_run: 'true' } },
      bulkDryRunAnswerSchema,
    );
    if (options.json) output.printJson({ dry_run: true, would_register });
    else output.print(`All ${would_register} devices can be registered; nothing was changed.`);
    return;
  }
  if (options.output !== undefined) {
    await registerInto(options.output, request, options, context);
    return;
  }
  const answer = await callApi(request, bulkRegisterAnswerSchema);
  if (options.json) output.printJson(answer);
  else {
    output.print(tokensCsv(answer));
    noteOnce(output, answer);
  }
}

/** The file is there before anything is registered: the tokens are given only once. */
async function registerInto(
  name: string,
  request: ApiRequest,
  { json }: RegisterFileOptions,
  { output, markFailed }: CommandContext,
): Promise<void> {
  const file = await createSecretFile(name);
  let answer: BulkRegisterAnswer;
  try {
    answer = await callApi(request, bulkRegisterAnswerSchema);
  } catch (error) {
    await file.discard();
    throw error;
  }
  try {
    await file.write(`${tokensCsv(answer)}\n`);
  } catch (error) {
    output.print(tokensCsv(answer));
    noteOnce(output, answer);
    output.note(
      `They are here because they could not be written to ${name}: ${explainError(error)}`,
    );
    markFailed();
    return;
  }
  if (json) output.printJson({ registered: answer.registered, output: name });
  else {
    output.print(
      `Registered ${answer.registered} devices. Their tokens are in ${name}, which only you can read.`,
    );
  }
}

async function readContent(
  file: string,
): Promise<{ type: string; bytes: Uint8Array<ArrayBuffer> }> {
  const type = TYPES[path.extname(file).toLowerCase()];
  if (type === undefined) {
    throw new CommandError(
      `The name of ${file} must end in .csv or .ndjson, to say what it holds.`,
    );
  }
  try {
    return { type, bytes: new Uint8Array(await readFile(file)) };
  } catch (error) {
    throw new CommandError(`${file} can't be read: ${explainError(error)}`, { cause: error });
  }
}

function tokensCsv({ devices }: BulkRegisterAnswer): string {
  const rows = devices.map(({ alias, device_id, device_token }) => [
    alias,
    device_id,
    device_token,
  ]);
  return csvText([['alias', 'device_id', 'device_token'], ...rows]);
}

function noteOnce(output: Output, { registered }: BulkRegisterAnswer): void {
  output.note(
    `Registered ${registered} devices. The tokens are shown this once and can't be read again.`,
  );
}
