/** An integer of 16 digits or more: the only numbers for which the exact parser is worth its time. */
const LONG_INTEGER = /[0-9]{16}/;
const INTEGER = /^-?\d+$/;

/**
 * `JSON.parse` that keeps every integer exact: those beyond 2^53 become bigints.
 *
 * @throws SyntaxError when the text is not JSON
 */
export function parseExactJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    context?.source !== undefined &&
    INTEGER.test(context.source)
      ? BigInt(context.source)
      : value,
  );
}

/** For `JSON.stringify`: writes bigints as the integers they are. */
export function exactJsonReplacer(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJson(value.toString()) : value;
}

/** `JSON.stringify` that writes bigints as the integers they are. */
export function stringifyExactJson(value: unknown): string {
  return JSON.stringify(value, exactJsonReplacer);
}

// Newer than the language level whose types this project compiles against.
const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON: (text: string) => unknown };
