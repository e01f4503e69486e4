import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { StartError } from './start-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const integer = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
    .default(fallback);

const port = (fallback: number) => integer(1, 65_535, fallback);

const serverUrl = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
    .optional();

const settings = {
  HOST: z.string().default('127.0.0.1').describe('the address the services listen on'),
  INGEST_PORT: port(4000).describe('the port of the ingest API'),
  QUERY_PORT: port(4001).describe('the port of the query API'),
  WRITER_PORT: port(4003).describe("the port of the writer's health and metrics"),
  PG_PORT: port(15_432).describe('the port of the embedded PostgreSQL'),
  REDIS_PORT: port(16_379).describe('the port of the private Redis'),
  NEXMDM_DATA_DIR: z.string().optional().describe('the folder for all data'),
  DATABASE_URL: serverUrl(['postgres:', 'postgresql:']).describe(
    'a PostgreSQL to use instead of the embedded one',
  ),
  REDIS_URL: serverUrl(['redis:', 'rediss:']).describe('a Redis to use instead of a private one'),
  ADMIN_KEY: z
    .string()
    .min(16, 'must have at least 16 characters')
    .optional()
    .describe('the key of administrators'),
  SIMULATE_DEVICES: integer(0, 100_000, 25).describe('how many devices to simulate; 0 for none'),
  SIMULATE_INTERVAL_SECONDS: integer(1, 86_400, 60).describe(
    'the time between the heartbeats of a simulated device',
  ),
};

export interface LocalConfig {
  readonly repositoryRoot: string;
  readonly dataDir: string;
  readonly host: string;
  readonly ingestPort: number;
  readonly queryPort: number;
  readonly writerPort: number;
  readonly postgresPort: number;
  readonly redisPort: number;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly adminKey: string | undefined;
  readonly simulateDevices: number;
  readonly simulateIntervalSeconds: number;
  /** Handed on to every part, so that the services' own settings reach them. */
  readonly environment: Environment;
}

/**
 * An empty value counts as not set. A value is never repeated in the error: it may be a secret.
 *
 * @throws StartError naming every bad setting
 */
export function parseConfig(environment: Environment, repositoryRoot: string): LocalConfig {
  const given = Object.fromEntries(
    Object.keys(settings).map((name) => [name, environment[name]?.trim() || undefined]),
  );
  const result = z.object(settings).safeParse(given);
  if (!result.success) {
    throw new StartError(
      `Bad settings:\n${result.error.issues.map((issue) => `  ${describe(issue)}`).join('\n')}`,
    );
  }
  const values = result.data;
  assertDifferentPorts(values);
  return Object.freeze({
    repositoryRoot,
    dataDir: path.resolve(repositoryRoot, values.NEXMDM_DATA_DIR ?? '.nexmdm'),
    host: values.HOST,
    ingestPort: values.INGEST_PORT,
    queryPort: values.QUERY_PORT,
    writerPort: values.WRITER_PORT,
    postgresPort: values.PG_PORT,
    redisPort: values.REDIS_PORT,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    adminKey: values.ADMIN_KEY,
    simulateDevices: values.SIMULATE_DEVICES,
    simulateIntervalSeconds: values.SIMULATE_INTERVAL_SECONDS,
    environment,
  });
}

const isSetting = (name: string): name is keyof typeof settings => Object.hasOwn(settings, name);

function describe(issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0]);
  const meaning = isSetting(name) ? settings[name].description : undefined;
  return `${name} ${issue.message}${meaning === undefined ? '' : ` (${meaning})`}`;
}

function assertDifferentPorts(values: Readonly<Record<string, unknown>>): void {
  const users = new Map<unknown, string>();
  for (const name of Object.keys(values).filter((name) => name.endsWith('_PORT'))) {
    const other = users.get(values[name]);
    if (other !== undefined) {
      throw new StartError(
        `Bad settings:\n  ${other} and ${name} are the same port (${String(values[name])})`,
      );
    }
    users.set(values[name], name);
  }
}

/** The one place that reads the environment. */
export const readEnvironment = (): Environment => process.env;

/** The folders in which programs are looked for. */
export const readSearchPath = (): string[] =>
  (readEnvironment()['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));

/** The path of an executable on the PATH. */
export function findProgram(name: string): string | undefined {
  return readSearchPath()
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
