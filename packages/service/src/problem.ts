import { STATUS_CODES, type ServerResponse } from 'node:http';

export interface ProblemOptions {
  status: number;
  /** A short kebab-case name of the kind of problem; becomes `type`. */
  code: string;
  /** What is wrong and what to do about it. An object where a client's contract asks for one. */
  detail: string | Record<string, unknown>;
  /** One entry for each bad field. */
  errors?: readonly FieldError[];
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

export interface FieldError {
  path: string;
  message: string;
}

/** An answer other than success, as `application/problem+json` (RFC 9457). */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: string;
  readonly detail: string | Record<string, unknown>;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: ProblemOptions) {
    const { status, code, detail } = options;
    super(typeof detail === 'string' ? detail : code, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

/** Writes a problem as the whole answer; does nothing when an answer has begun. */
export function sendProblem(res: ServerResponse, problem: HttpProblem, requestId: string): void {
  if (res.headersSent) return;
  const body = JSON.stringify({
    type: `urn:nexmdm:problem:${problem.code}`,
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.detail,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    request_id: requestId,
  });
  res.writeHead(problem.status, {
    ...problem.headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  res.end(body);
}

/**
 * A 503 that asks the client to come back. The wait is spread over the range, so that a fleet that
 * was turned away together doesn't return together.
 */
export function unavailable(detail: string, cause?: unknown): HttpProblem {
  return new HttpProblem({
    status: 503,
    code: 'unavailable',
    detail,
    headers: { 'retry-after': String(2 + Math.floor(Math.random() * 9)) },
    cause,
  });
}
