export { bearerToken, createAdminKeyCheck } from './admin-key.ts';
export type { AdminKeyCheck } from './admin-key.ts';
export { createApp } from './app.ts';
export type { AppOptions } from './app.ts';
export { backoffMs, pause } from './backoff.ts';
export { readJsonBody, readTextBody, RequestAbortedError } from './body.ts';
export type { TextBody } from './body.ts';
export { ByteBudget } from './byte-budget.ts';
export { ConfigError, EXIT_BAD_CONFIG, parseEnvironment, readEnvironment } from './config.ts';
export type { Environment } from './config.ts';
export { createCursorCodec } from './cursor.ts';
export type { CursorCodec } from './cursor.ts';
export { createDeviceToken, deviceTokenId } from './device-token.ts';
export { codeOf } from './error-code.ts';
export { FailureLimiter } from './failure-limiter.ts';
export { Health } from './health.ts';
export type { Readiness, ReadinessCheck } from './health.ts';
export { createHttpServer } from './http-server.ts';
export type { HttpServer } from './http-server.ts';
export { sampledWarning } from './log-sampler.ts';
export { createLogger } from './logger.ts';
export type { Logger, LoggerOptions } from './logger.ts';
export {
  Counter,
  createHttpMetrics,
  createMetricsRegistry,
  exposeGauge,
  Gauge,
  Histogram,
  LATENCY_BUCKETS_MS,
  Registry,
} from './metrics.ts';
export type { HttpMetrics } from './metrics.ts';
export { changeLog, operatorHeadersSchema, operatorOf } from './operator.ts';
export { HttpProblem, sendProblem, unavailable } from './problem.ts';
export { runProcess } from './process.ts';
export type { Service } from './process.ts';
export { repeatEvery } from './repeat.ts';
export type { Repeater } from './repeat.ts';
export { assignRequestId } from './request-id.ts';
export { integerSetting, settings } from './settings.ts';
export { checkValue, fieldErrors, parseOrReject, validationProblem } from './validation.ts';
export { NoAnswerError, within } from './within.ts';
