import type { DeviceCredential } from '@nexmdm/db';
import {
  bearerToken,
  deviceTokenId,
  FailureLimiter,
  HttpProblem,
  unavailable,
} from '@nexmdm/service';
import { LRUCache } from 'lru-cache';
import type { IngestMetrics } from '../metrics.ts';
import { TokenLookup } from './token-lookup.ts';

/** The device a token belongs to, and what normalising its heartbeats needs to know of it. */
export interface AuthenticatedDevice {
  id: string;
  /** Null while monitoring is off. */
  monitoredPackage: string | null;
  monitoredThresholdMin: number;
}

const GONE = 'gone';

interface KnownDevice extends AuthenticatedDevice {
  /**
   * When, by `performance.now()`, the token's time is over and the database has to be asked again;
   * Infinity for a token that wasn't rotated out.
   */
  goodUntil: number;
}

export interface DeviceAuthOptions {
  findByToken: (tokenIds: readonly string[]) => Promise<DeviceCredential[]>;
  metrics: Pick<IngestMetrics, 'authFailures'>;
  cacheMax: number;
}

const BAD_TOKENS_PER_MINUTE = 30;
/** Spares the database a device that keeps on with a token that isn't known. */
const UNKNOWN_TTL_MS = 2_000;
const UNKNOWN_MAX = 50_000;

/**
 * Tells which device a request comes from. Five 401 answers make an agent throw its credentials
 * away, so 401 is said only when the database positively doesn't know the token.
 */
export class DeviceAuth {
  readonly #known: LRUCache<string, KnownDevice | typeof GONE>;
  readonly #unknown = new LRUCache<string, true>({ max: UNKNOWN_MAX, ttl: UNKNOWN_TTL_MS });
  readonly #lookup: TokenLookup;
  readonly #metrics: DeviceAuthOptions['metrics'];
  readonly #limiter = new FailureLimiter({
    maxFailures: BAD_TOKENS_PER_MINUTE,
    windowMs: 60_000,
    maxAddresses: 100_000,
  });

  constructor(options: DeviceAuthOptions) {
    this.#known = new LRUCache({ max: options.cacheMax });
    this.#lookup = new TokenLookup(options.findByToken);
    this.#metrics = options.metrics;
  }

  get cachedTokens(): number {
    return this.#known.size;
  }

  /**
   * @param address who to count a bad token against; asked for only then
   * @throws HttpProblem 401, 410, 429 or 503
   */
  async authenticate(
    authorization: string | undefined,
    address: () => string,
  ): Promise<AuthenticatedDevice> {
    const token = bearerToken(authorization);
    if (token === undefined) throw this.#refuse('missing', address());
    const tokenId = deviceTokenId(token);
    const device = this.#remembered(tokenId) ?? (await this.#find(tokenId));
    if (device === undefined) throw this.#refuse('unknown', address());
    if (device !== GONE) return device;
    this.#metrics.authFailures.inc({ reason: 'gone' });
    throw new HttpProblem({
      status: 410,
      code: 'device-deleted',
      detail: { reason: 'device_deleted' },
    });
  }

  /** What is remembered of these tokens is no longer true. */
  forget(tokenIds: readonly string[]): void {
    for (const tokenId of tokenIds) {
      this.#known.delete(tokenId);
      this.#unknown.delete(tokenId);
    }
  }

  forgetAll(): void {
    this.#known.clear();
    this.#unknown.clear();
  }

  #remembered(tokenId: string): KnownDevice | typeof GONE | undefined {
    const device = this.#known.get(tokenId);
    if (device === undefined || device === GONE) return device;
    return performance.now() < device.goodUntil ? device : undefined;
  }

  async #find(tokenId: string): Promise<KnownDevice | typeof GONE | undefined> {
    if (this.#unknown.has(tokenId)) return undefined;
    let found: DeviceCredential | undefined;
    const asked = performance.now();
    try {
      found = await this.#lookup.find(tokenId);
    } catch (error) {
      this.#metrics.authFailures.inc({ reason: 'database_unavailable' });
      throw unavailable(
        'The device token could not be checked because the database is not available; try again.',
        error,
      );
    }
    if (found === undefined) {
      this.#unknown.set(tokenId, true);
      return undefined;
    }
    const device = found.gone
      ? GONE
      : {
          id: found.device_id,
          monitoredPackage: found.monitored_package,
          monitoredThresholdMin: found.monitored_threshold_min,
          goodUntil: asked + 1_000 * (found.valid_seconds ?? Infinity),
        };
    this.#known.set(tokenId, device);
    return device;
  }

  #refuse(reason: 'missing' | 'unknown', address: string): HttpProblem {
    const waitSeconds = this.#limiter.recordFailure(address);
    if (waitSeconds > 0) {
      this.#metrics.authFailures.inc({ reason: 'rate_limited' });
      return new HttpProblem({
        status: 429,
        code: 'too-many-bad-tokens',
        detail: 'Too many requests without a valid token came from this address; wait.',
        headers: { 'retry-after': String(waitSeconds) },
      });
    }
    this.#metrics.authFailures.inc({ reason });
    return new HttpProblem({
      status: 401,
      code: reason === 'missing' ? 'token-missing' : 'token-unknown',
      detail:
        reason === 'missing'
          ? 'Send the device token as Authorization: Bearer <device_token>.'
          : 'The device token is not known; register the device to get one.',
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
}
