import { z } from 'zod';

/** A whole number within bounds. `meaning` completes the error message and says the unit. */
export function integerSetting(options: {
  min: number;
  max: number;
  default: number;
  meaning: string;
}): z.ZodType<number> {
  const { min, max, meaning } = options;
  return z
    .string()
    .regex(/^-?\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
    .default(options.default)
    .describe(`${meaning}; ${min} to ${max}, default ${options.default}`);
}

function urlSetting(protocols: readonly string[], meaning: string): z.ZodString {
  return z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL starting with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
    .describe(meaning);
}

const hops = z
  .string()
  .regex(/^(true|false|\d{1,2})$/, 'must be true, false or a number of proxies')
  .transform((text) => (text === 'true' ? 1 : text === 'false' ? 0 : Number(text)));

/** On or off. `meaning` says what for. */
function switchSetting(fallback: boolean, meaning: string) {
  return z
    .enum(['true', 'false'], 'must be true or false')
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true')
    .describe(`${meaning}; default ${fallback}`);
}

const share = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'must be a number from 0 to 1')
  .transform(Number)
  .pipe(z.number().max(1, 'must be at most 1'))
  .default(1);

/** The settings that more than one process reads, each with its one meaning. */
export const settings = {
  adminKey: z
    .string()
    .min(16, 'must be at least 16 characters long')
    .describe('the key that operators and scrapers send in x-admin'),
  databaseUrl: urlSetting(
    ['postgres:', 'postgresql:'],
    'the PostgreSQL database, postgres://user:password@host:port/name',
  ),
  redisUrl: urlSetting(['redis:', 'rediss:'], 'the Redis server, redis://[:password@]host:port'),
  host: z.string().min(1).default('0.0.0.0').describe('the address to listen on'),
  port: (port: number) =>
    integerSetting({ min: 0, max: 65_535, default: port, meaning: 'the port to listen on' }),
  logLevel: z
    .enum(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug')
    .default('info')
    .describe('the least severe log level that is written'),
  logDir: z.string().optional().describe('a folder for log files, besides standard output'),
  trustProxy: hops
    .default(0)
    .describe(
      'how many reverse proxies stand before the service and set X-Forwarded-For; default 0',
    ),
  dbPoolMax: (connections: number) =>
    integerSetting({
      min: 1,
      max: 500,
      default: connections,
      meaning: 'the most database connections of this process',
    }),
  streamShards: integerSetting({
    min: 1,
    max: 256,
    default: 4,
    meaning: 'the number of Redis streams; the same for every process',
  }),
  heartbeatIntervalSeconds: integerSetting({
    min: 10,
    max: 86_400,
    default: 600,
    meaning: 'the interval of the heartbeats in seconds; a device is offline after three of them',
  }),
  readFromLastStatus: switchSetting(
    true,
    'whether reads come from the last status (fast) or are derived from the history (legacy) until the flag read-from-last-status is set',
  ),
  perfDiffEnabled: switchSetting(
    false,
    'whether both ways of reading are compared until the flag perf-diff is set',
  ),
  perfDiffSample: share.describe('the share of requests that are compared, 0 to 1; default 1'),
} as const;
