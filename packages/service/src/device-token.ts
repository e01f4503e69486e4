import { hash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** A device's token, and what of it is stored. */
export interface DeviceToken {
  /** Shown once and stored nowhere. */
  token: string;
  /** `devices.token_id`. */
  tokenId: string;
}

/** A new token: 32 random bytes as base64url. */
export function createDeviceToken(): DeviceToken {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, tokenId: deviceTokenId(token) };
}

/** What a token is found by: its sha256 in hex. */
export function deviceTokenId(token: string): string {
  return hash('sha256', token, 'hex');
}
