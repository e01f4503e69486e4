import { hostname, userInfo } from 'node:os';

const MAX_LENGTH = 100;
const UNPRINTABLE = /[^\x20-\x7e]/g;

/** Who runs this command, `user@host`, for the log of changes; printable ASCII, as a header must be. */
export function operatorName(): string {
  return `${userName()}@${hostname()}`.replaceAll(UNPRINTABLE, '?').slice(0, MAX_LENGTH);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container, the user's number needs no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
