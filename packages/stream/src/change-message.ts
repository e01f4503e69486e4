/** Which devices changed within a moment. */
export interface Changes {
  /** How many there are. */
  changed: number;
  /** Which they are, or some of them. */
  ids: readonly string[];
}

/** The most ids that one message names. */
export const MAX_MESSAGE_IDS = 1_000;

const VERSION = 1;
/** What `MAX_MESSAGE_IDS` ids take, and some more. */
const MAX_CHARACTERS = 64 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What goes over the channel: `{"v":1,"n":<changed>,"ids":[…]}`. */
export function encodeChanges({ changed, ids }: Changes): string {
  return JSON.stringify({ v: VERSION, n: changed, ids });
}

/** What a message says; nothing when it isn't one that `encodeChanges` may have made. */
export function decodeChanges(text: string): Changes | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const { v, n, ids } = parseObject(text);
  if (v !== VERSION || !Number.isSafeInteger(n) || !isIds(ids)) return undefined;
  const changed = n as number;
  return changed >= ids.length ? { changed, ids } : undefined;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isIds(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_MESSAGE_IDS &&
    value.every((id) => typeof id === 'string' && UUID.test(id))
  );
}
