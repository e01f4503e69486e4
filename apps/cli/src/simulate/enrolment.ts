import { registerRequestSchema } from '@nexmdm/contracts';
import { backoffMs, pause } from '@nexmdm/service';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { aliasOf, type Credentials } from './fleet-member.ts';
import { readRetryAfter, type HttpAnswer } from './ingest-answer.ts';
import { networkErrorKind } from './ingest-client.ts';

export interface EnrolmentOptions {
  register: (adminKey: string, alias: string) => Promise<HttpAnswer>;
  adminKey: string | undefined;
  /** The first part of the aliases. */
  fleet: string;
  signal: AbortSignal;
  /** Told why a registration has to wait, each time. */
  onWaiting: (reason: string) => void;
}

const answerSchema = z.object({ device_id: z.string().min(1), device_token: z.string().min(1) });
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 15_000;
const MAX_ALIASES = 100;

/** Registers devices as an operator does, each under the first alias that is free. */
export class Enrolment {
  readonly #options: EnrolmentOptions;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  /**
   * Goes on trying while the server is away.
   *
   * @returns undefined when the simulation stopped before
   * @throws CommandError when the server doesn't want the registration at all
   */
  async enrol(index: number, place: string | undefined): Promise<Credentials | undefined> {
    for (let attempt = 1; attempt <= MAX_ALIASES; attempt += 1) {
      const alias = registerRequestSchema.shape.alias.parse(
        aliasOf(this.#options.fleet, index, place, attempt),
      );
      const answer = await this.#register(alias);
      if (answer === undefined) return undefined;
      if (answer.status === 409) continue;
      const { device_id, device_token } = answerSchema.parse(JSON.parse(answer.body));
      return { alias, deviceId: device_id, token: device_token };
    }
    throw new CommandError(
      `${MAX_ALIASES} aliases like ${aliasOf(this.#options.fleet, index, place)} are taken. Use the --state file of those devices, or no --state.`,
    );
  }

  /** The answer 201 or 409. */
  async #register(alias: string): Promise<HttpAnswer | undefined> {
    const { adminKey, register, signal, onWaiting } = this.#options;
    if (adminKey === undefined) {
      throw new CommandError(
        'ADMIN_KEY is not set, and devices have to be registered with it. Set it to the key of the ingest API, or run "npx --yes pnpm start".',
      );
    }
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      let waitMs: number | undefined;
      try {
        const answer = await register(adminKey, alias);
        if (answer.status === 201 || answer.status === 409) return answer;
        assertWorthRetrying(answer);
        onWaiting(`http_${answer.status}`);
        waitMs = readRetryAfter(answer.retryAfter, Date.now());
      } catch (error) {
        if (error instanceof CommandError) throw error;
        onWaiting(networkErrorKind(error));
      }
      await pause(waitMs ?? backoffMs(attempt, BACKOFF_BASE_MS, BACKOFF_MAX_MS), signal);
    }
    return undefined;
  }
}

function assertWorthRetrying({ status, body }: HttpAnswer): void {
  if (status === 429 || status >= 500) return;
  if (status === 401) {
    throw new CommandError(
      'The ingest API refuses ADMIN_KEY. Set it to the key that the services were started with.',
    );
  }
  throw new CommandError(
    `The ingest API doesn't take the registration (${status}). Is INGEST_URL its address? It says: ${body.slice(0, 300)}`,
  );
}
