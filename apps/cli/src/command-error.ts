/** A command can't do what was asked; the message says why and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A service answered that it won't do what was asked. */
export class RefusalError extends CommandError {
  /** The answer's HTTP status. */
  readonly status: number;
  /** The kind of problem, such as `alias-taken`; undefined when the answer doesn't say. */
  readonly code: string | undefined;

  constructor(message: string, answer: { status: number; code: string | undefined }) {
    super(message);
    this.status = answer.status;
    this.code = answer.code;
  }
}

/** A server that the command needs can't be used. */
export class UnreachableError extends CommandError {
  /** Which and why, without what to do about it. */
  readonly problem: string;

  /** @param remedy undefined when the problem says it already */
  constructor(problem: string, remedy: string | undefined, options: ErrorOptions) {
    super(remedy === undefined ? `${problem}.` : `${problem}. ${remedy}`, options);
    this.problem = problem;
  }
}

/** A setting that this command can't do without. */
export function requireSetting(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new CommandError(
    `${name} is not set, and no local stack is running that has it. Set it, or run "npx --yes pnpm start".`,
  );
}
