import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  heartbeatBatchSchema,
  heartbeatSchema,
  parseIsoTime,
  type HeartbeatAnswer,
  type HeartbeatBatchAnswer,
  type HeartbeatRecord,
  type RejectedHeartbeat,
} from '@nexmdm/contracts';
import {
  assignRequestId,
  checkValue,
  fieldErrors,
  HttpProblem,
  parseOrReject,
  readJsonBody,
  RequestAbortedError,
  sampledWarning,
  sendProblem,
  type ByteBudget,
  type HttpMetrics,
  type Logger,
} from '@nexmdm/service';
import type { AuthenticatedDevice, DeviceAuth } from '../auth/device-auth.ts';
import type { IngestMetrics } from '../metrics.ts';
import type { Acceptor } from './accept.ts';
import { normalizeHeartbeat, type Arrival } from './normalize.ts';

export interface HeartbeatRouteDeps {
  auth: DeviceAuth;
  acceptor: Acceptor;
  metrics: IngestMetrics;
  /** Shared by all requests. */
  bodyBudget: ByteBudget;
  httpMetrics: HttpMetrics;
  logger: Logger;
  /** The address that a request counts for, behind the trusted proxies. */
  clientAddress: (req: IncomingMessage) => string;
  nextHeartbeatSeconds: number;
  backfillWindowMs: number;
}

const SINGLE_MAX_BYTES = 64 * 1024;
const BATCH_MAX_BYTES = 1024 * 1024;
const SINGLE_WINDOW_MS = 24 * 3_600_000;
const REJECTIONS_LOGGED_PER_SECOND = 5;

/** An answer that is 202, as JSON text. */
type Handle = (req: IncomingMessage, device: AuthenticatedDevice) => Promise<string>;

/**
 * The two routes that devices use all the time. They are served without Express, which would cost a
 * third of the throughput; request ids, metrics, problems and logs are the same as everywhere.
 */
export function createHeartbeatRoutes(deps: HeartbeatRouteDeps): Map<string, RequestListener> {
  const { acceptor, metrics } = deps;
  const answer: HeartbeatAnswer = { ok: true, next_heartbeat_seconds: deps.nextHeartbeatSeconds };
  const answerText = JSON.stringify(answer);

  const single: Handle = async (req, device) => {
    const body = await readJsonBody(req, SINGLE_MAX_BYTES, deps.bodyBudget);
    const arrival = {
      receivedAt: Date.now(),
      clockCorrectionMs: 0,
      windowBackMs: SINGLE_WINDOW_MS,
    };
    const heartbeat = parseOrReject(heartbeatSchema, body, 'heartbeat');
    const { record, clockFallback } = normalizeHeartbeat(heartbeat, device, arrival);
    await acceptor.accept([record]);
    if (clockFallback) metrics.clockFallbacks.inc({ reason: clockFallback });
    metrics.ingested.inc();
    return answerText;
  };

  const batch: Handle = async (req, device) => {
    const body = await readJsonBody(req, BATCH_MAX_BYTES, deps.bodyBudget);
    const receivedAt = Date.now();
    const { sent_at, heartbeats } = parseOrReject(heartbeatBatchSchema, body, 'batch');
    const arrival = {
      receivedAt,
      clockCorrectionMs: receivedAt - readSentAt(sent_at),
      windowBackMs: deps.backfillWindowMs,
    };
    const { records, rejected } = normalizeBatch(heartbeats, device, arrival, metrics);
    await acceptor.accept(records);
    metrics.ingested.inc(records.length);
    metrics.rejected.inc({ reason: 'validation-failed' }, rejected.length);
    const batchAnswer: HeartbeatBatchAnswer = { accepted: records.length, rejected };
    return JSON.stringify(batchAnswer);
  };

  return new Map([
    ['/v1/heartbeat', serve('/v1/heartbeat', single, deps)],
    ['/v1/heartbeats', serve('/v1/heartbeats', batch, deps)],
  ]);
}

function serve(route: string, handle: Handle, deps: HeartbeatRouteDeps): RequestListener {
  const { auth, httpMetrics, metrics } = deps;
  const logRejection = sampledWarning(
    deps.logger,
    'heartbeat.rejected',
    REJECTIONS_LOGGED_PER_SECOND,
  );

  const respond = async (req: IncomingMessage, res: ServerResponse, requestId: string) => {
    let device: AuthenticatedDevice | undefined;
    try {
      device = await auth.authenticate(req.headers.authorization, () => deps.clientAddress(req));
      sendAccepted(res, await handle(req, device));
    } catch (error) {
      if (error instanceof RequestAbortedError) return;
      const problem = asProblem(error);
      metrics.rejected.inc({ reason: problem.code });
      logRejection({
        request_id: requestId,
        route,
        device_id: device?.id,
        status: problem.status,
        code: problem.code,
        ...(problem.errors === undefined ? {} : { errors: problem.errors }),
        ...(problem.status >= 500 ? { error: problem.cause ?? error } : {}),
      });
      sendProblem(res, problem, requestId);
    }
  };

  return (req, res) => {
    const started = performance.now();
    const requestId = assignRequestId(req, res);
    res.on('finish', () => {
      httpMetrics.observe(route, 'POST', res.statusCode, performance.now() - started);
    });
    void respond(req, res, requestId);
  };
}

function normalizeBatch(
  heartbeats: readonly unknown[],
  device: AuthenticatedDevice,
  arrival: Arrival,
  metrics: IngestMetrics,
): { records: HeartbeatRecord[]; rejected: RejectedHeartbeat[] } {
  const records: HeartbeatRecord[] = [];
  const rejected: RejectedHeartbeat[] = [];
  heartbeats.forEach((candidate, index) => {
    const result = checkValue(heartbeatSchema, candidate);
    if (result.success) {
      const { record, clockFallback } = normalizeHeartbeat(result.data, device, arrival);
      if (clockFallback) metrics.clockFallbacks.inc({ reason: clockFallback });
      records.push(record);
      return;
    }
    const detail = fieldErrors(result.error)
      .map(({ path, message }) => `${path}: ${message}`)
      .join('; ');
    rejected.push({ index, code: 'validation_failed', detail });
  });
  if (records.length > 0) return { records, rejected };
  throw new HttpProblem({
    status: 422,
    code: 'validation-failed',
    detail: 'No heartbeat of the batch is valid; see errors.',
    errors: rejected.map(({ index, detail }) => ({ path: `heartbeats.${index}`, message: detail })),
  });
}

function readSentAt(sentAt: string): number {
  const time = parseIsoTime(sentAt);
  if (time !== null) return time;
  throw new HttpProblem({
    status: 422,
    code: 'validation-failed',
    detail: 'The batch is not valid; see errors.',
    errors: [
      { path: 'sent_at', message: 'must be an ISO-8601 time, such as 2026-11-23T09:41:07Z' },
    ],
  });
}

function sendAccepted(res: ServerResponse, body: string): void {
  res.writeHead(202, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  res.end(body);
}

function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  return new HttpProblem({
    status: 500,
    code: 'internal',
    detail: 'The request failed for a reason on our side; the log has it under this request_id.',
    cause: error,
  });
}
