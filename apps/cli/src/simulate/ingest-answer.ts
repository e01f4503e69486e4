/** What an answer, or its absence, means for the device that asked. */
export type IngestAnswer =
  /** `rejected` of the heartbeats are invalid and will never be taken. */
  | { outcome: 'accepted'; rejected: number }
  /** The server will never take what was sent. */
  | { outcome: 'rejected'; error: string }
  /** The server refuses the token: it doesn't know it, or the device is deleted. */
  | { outcome: 'unknown_device' | 'deleted_device'; error: string }
  /** Worth trying again; `waitMs` when the server said when. */
  | { outcome: 'later'; error: string; waitMs: number | undefined };

export interface HttpAnswer {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

/** Only a bad token gets this kind of 429. */
const BAD_TOKEN_PROBLEM = 'urn:nexmdm:problem:too-many-bad-tokens';

/** Reads an answer as the agent does: any 2xx is success. */
export function readIngestAnswer(answer: HttpAnswer, now: number): IngestAnswer {
  const { status } = answer;
  const error = `http_${status}`;
  if (status >= 200 && status < 300)
    return { outcome: 'accepted', rejected: rejectedIn(answer.body) };
  if (status === 401) return { outcome: 'unknown_device', error };
  if (status === 410) return { outcome: 'deleted_device', error };
  if (status === 429 && answer.body.includes(BAD_TOKEN_PROBLEM)) {
    return { outcome: 'unknown_device', error };
  }
  if (status === 408 || status === 429 || status >= 500) {
    return { outcome: 'later', error, waitMs: readRetryAfter(answer.retryAfter, now) };
  }
  return { outcome: 'rejected', error };
}

/** `Retry-After` is a number of seconds or a date. */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function rejectedIn(body: string): number {
  if (!body.includes('"rejected"')) return 0;
  const answer = JSON.parse(body) as { rejected?: unknown };
  return Array.isArray(answer.rejected) ? answer.rejected.length : 0;
}
