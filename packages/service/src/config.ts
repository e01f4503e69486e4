import { z } from 'zod';

/** The exit code of a process whose settings are wrong: starting it again won't help (EX_CONFIG). */
export const EXIT_BAD_CONFIG = 78;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process; nothing else reads it. */
export function readEnvironment(): Environment {
  return process.env;
}

/** Settings that stop the start. The message names each, what is wrong with it and what it means. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Bad configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/**
 * Reads settings from an environment; an empty value counts as not set. Values are never repeated
 * in an error: they may be secrets.
 *
 * @throws ConfigError naming every bad setting
 */
export function parseEnvironment<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Environment,
): Readonly<z.output<z.ZodObject<Shape>>> {
  const schema = z.object(shape);
  const given = Object.fromEntries(
    Object.keys(shape).map((name) => [name, env[name]?.trim() || undefined]),
  );
  const result = schema.safeParse(given);
  if (result.success) return Object.freeze(result.data);
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      const meaning = descriptionOf(shape[name]);
      const problem = given[name] === undefined ? 'is required but not set' : issue.message;
      return meaning === undefined ? `${name}: ${problem}` : `${name}: ${problem} (${meaning})`;
    }),
  );
}

function descriptionOf(schema: unknown): string | undefined {
  return schema instanceof z.ZodType ? schema.description : undefined;
}
