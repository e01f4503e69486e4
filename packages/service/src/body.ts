import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parseExactJson } from '@nexmdm/contracts';
import { codeOf } from './error-code.ts';
import type { ByteBudget } from './byte-budget.ts';
import { HttpProblem, unavailable } from './problem.ts';

const inflate = promisify(gunzip);

const JSON_ONLY = ['application/json'];

/** The client went away before its request was complete; there is nobody to answer. */
export class RequestAbortedError extends Error {
  override readonly name = 'RequestAbortedError';
}

export interface TextBody {
  /** One of those that were allowed. */
  mediaType: string;
  text: string;
}

/**
 * Reads a JSON body, gzip or plain, with integers kept exact.
 *
 * @param maxBytes holds for the bytes sent and for what they inflate to
 * @param budget what the bodies of all requests under way may take together
 * @throws HttpProblem 400, 413, 415 or 503; RequestAbortedError
 */
export async function readJsonBody(
  req: IncomingMessage,
  maxBytes: number,
  budget: ByteBudget,
): Promise<unknown> {
  const { text } = await readTextBody(req, JSON_ONLY, maxBytes, budget);
  try {
    return parseExactJson(text);
  } catch (error) {
    throw malformed(`The body is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

/**
 * Reads a body of UTF-8 text, gzip or plain.
 *
 * @param mediaTypes those that are taken, in lower case
 * @param maxBytes holds for the bytes sent and for what they inflate to
 * @param budget what the bodies of all requests under way may take together
 * @throws HttpProblem 400, 413, 415 or 503; RequestAbortedError
 */
export async function readTextBody(
  req: IncomingMessage,
  mediaTypes: readonly string[],
  maxBytes: number,
  budget: ByteBudget,
): Promise<TextBody> {
  const mediaType = requireMediaType(req.headers['content-type'], mediaTypes);
  const gzipped = isGzipped(req.headers['content-encoding']);
  const sent = await readBytes(req, maxBytes, budget);
  const bytes = gzipped ? await inflateWithin(sent, maxBytes) : sent;
  if (!isUtf8(bytes)) throw malformed('The body is not UTF-8 text.');
  return { mediaType, text: bytes.toString('utf8') };
}

function requireMediaType(contentType: string | undefined, allowed: readonly string[]): string {
  if (contentType !== undefined && allowed.includes(contentType)) return contentType;
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== undefined && allowed.includes(mediaType)) return mediaType;
  throw new HttpProblem({
    status: 415,
    code: 'unsupported-media-type',
    detail: `Send the body as ${allowed.join(' or ')}.`,
    headers: { accept: allowed.join(', ') },
  });
}

function isGzipped(contentEncoding: string | undefined): boolean {
  const encoding = contentEncoding?.toLowerCase();
  if (encoding === undefined || encoding === 'identity') return false;
  if (encoding === 'gzip') return true;
  throw new HttpProblem({
    status: 415,
    code: 'unsupported-encoding',
    detail: 'The content encoding is not known; send gzip or none.',
    headers: { 'accept-encoding': 'gzip, identity' },
  });
}

async function readBytes(
  req: IncomingMessage,
  maxBytes: number,
  budget: ByteBudget,
): Promise<Buffer> {
  let held = 0;
  const take = (bytes: number): boolean => {
    const taken = budget.take(bytes);
    if (taken) held += bytes;
    return taken;
  };
  try {
    return await collectBytes(req, maxBytes, take);
  } finally {
    budget.giveBack(held);
  }
}

/** @param take asks for room for so many bytes more */
function collectBytes(
  req: IncomingMessage,
  maxBytes: number,
  take: (bytes: number) => boolean,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge(maxBytes));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    const refuse = (problem: HttpProblem) => {
      reject(problem);
      chunks.length = 0;
      req.removeAllListeners('data');
      req.resume();
    };
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) refuse(tooLarge(maxBytes));
      else if (!take(chunk.length))
        refuse(unavailable('Too many requests are under way; try again.'));
      else chunks.push(chunk);
    });
    req.on('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
    });
    const aborted = (cause?: unknown) => {
      reject(new RequestAbortedError('The client closed the connection.', { cause }));
    };
    req.on('error', aborted);
    req.on('close', aborted);
  });
}

async function inflateWithin(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw malformed('The body is not valid gzip.');
  }
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem({ status: 400, code: 'malformed', detail });
}

/** The rest of the body isn't waited for, so the connection can't be used again. */
function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem({
    status: 413,
    code: 'too-large',
    detail: `The body is larger than ${maxBytes} bytes, or inflates to more.`,
    headers: { connection: 'close' },
  });
}
