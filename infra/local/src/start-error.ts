/** A start that failed for a reason the operator can act on: its message is all they need to see. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

// Not `instanceof Error`: the system's errors are those of another realm when a test runner gives
// each file a global object of its own.
const textOf = (error: unknown, key: 'message' | 'code'): string | undefined => {
  if (typeof error !== 'object' || error === null || !(key in error)) return undefined;
  const value: unknown = (error as Partial<Record<typeof key, unknown>>)[key];
  return typeof value === 'string' ? value : undefined;
};

export const messageOf = (error: unknown): string => textOf(error, 'message') ?? String(error);

/** The `code` of a system or driver error (`ENOENT`, `28P01`), if it has one. */
export const errorCode = (error: unknown): string | undefined => textOf(error, 'code');
