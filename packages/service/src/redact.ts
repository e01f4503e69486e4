/** By how a name ends, so that it holds for `device_token`, `accessToken` and `set-cookie` too. */
const SECRET_NAME =
  /(token|authorization|password|passwd|secret|cookie|admin[_-]?key|api[_-]?key|x-admin)$/i;
/** Up to the last `@` before the path: passwords are not always encoded. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/]+@/gi;
const BEARER = /\bBearer\s+[\w.~+/=-]+/gi;
const REMOVED = '[redacted]';
const MAX_DEPTH = 6;

/** A copy of a value fit for a log: secrets removed by name and by shape, errors made plain objects. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return value.toJSON();
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) && inner !== null && inner !== undefined
        ? REMOVED
        : redact(inner, depth + 1),
    ]),
  );
}

function redactText(text: string): string {
  return text.replaceAll(URL_PASSWORD, `$1:${REMOVED}@`).replaceAll(BEARER, `Bearer ${REMOVED}`);
}

function describeError(error: Error, depth: number): unknown {
  const code = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    message: redactText(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}
