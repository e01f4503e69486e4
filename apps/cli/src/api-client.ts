import { parseExactJson } from '@nexmdm/contracts';
import { z } from 'zod';
import { CommandError, RefusalError, UnreachableError } from './command-error.ts';
import { explainError } from './explain-error.ts';

export interface ApiRequest {
  /** The service's address. */
  baseUrl: string;
  /** The setting that holds it, for messages. */
  setting: string;
  adminKey: string;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Readonly<Record<string, string | undefined>>;
  headers?: Readonly<Record<string, string>>;
  /** Goes as JSON. */
  body?: unknown;
  /** A body that goes as it is. */
  content?: { type: string; bytes: Uint8Array<ArrayBuffer> };
  /** How long the whole answer may take. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const PROBLEM_TYPE = 'urn:nexmdm:problem:';
const problemSchema = z.object({
  type: z.string().optional(),
  detail: z.unknown(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/**
 * Asks a service, with 64-bit numbers kept exact.
 *
 * @param answer what a success looks like; undefined stands for an empty one
 * @throws RefusalError when the service says why it refuses
 * @throws CommandError for every other answer that isn't a success, and when there is none
 */
export async function callApi<Schema extends z.ZodType>(
  request: ApiRequest,
  answer: Schema,
): Promise<z.output<Schema>> {
  const { baseUrl, setting, method = 'GET', path, query = {}, timeoutMs = TIMEOUT_MS } = request;
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: headersOf(request),
      ...bodyOf(request),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    throw new UnreachableError(
      `${baseUrl} doesn't answer: ${explainError(error)}`,
      `Run "npx --yes pnpm start", or set ${setting} to where the service is.`,
      { cause: error },
    );
  }
  if (!response.ok) throw refusal(response.status, text, request);
  const parsed = answer.safeParse(parseOrUndefined(text));
  if (parsed.success) return parsed.data;
  throw new CommandError(
    `${url.origin} gave an answer that this version doesn't know. Is ${setting} the right address?`,
    { cause: parsed.error },
  );
}

function headersOf({ adminKey, headers, content }: ApiRequest): Record<string, string> {
  return { ...headers, 'x-admin': adminKey, 'content-type': content?.type ?? 'application/json' };
}

function bodyOf({ body, content }: ApiRequest): { body?: string | Uint8Array<ArrayBuffer> } {
  if (content !== undefined) return { body: content.bytes };
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

function refusal(status: number, text: string, { baseUrl, setting }: ApiRequest): CommandError {
  if (status === 401) {
    return new CommandError(
      `${baseUrl} refuses ADMIN_KEY. Set it to the key that the services were started with.`,
    );
  }
  const problem = problemSchema.safeParse(parseOrUndefined(text));
  if (!problem.success) {
    return new CommandError(
      `${baseUrl} answered ${status} and nothing that explains it. Is ${setting} the right address?`,
    );
  }
  const { type, detail, errors = [] } = problem.data;
  const said = typeof detail === 'string' ? detail : JSON.stringify(detail);
  const fields = errors.map(({ path, message }) => `\n  - ${path}: ${message}`).join('');
  const code = type?.startsWith(PROBLEM_TYPE) ? type.slice(PROBLEM_TYPE.length) : undefined;
  return new RefusalError(`${said}${fields}`, { status, code });
}

function parseOrUndefined(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
