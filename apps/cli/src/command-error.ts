/** A command can't do what was asked; the message says why and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A server that the command needs can't be used. */
export class UnreachableError extends CommandError {
  /** Which and why, without what to do about it. */
  readonly problem: string;

  constructor(problem: string, remedy: string, options: ErrorOptions) {
    super(`${problem}. ${remedy}`, options);
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
