import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { CommandError } from '../command-error.ts';

/** Why a device was left out. */
export type SkipReason =
  | 'id_invalid'
  | 'id_twice'
  | 'alias_empty'
  | 'alias_too_long'
  | 'alias_unprintable'
  | 'alias_twice'
  | 'alias_taken';

/** What is to be known of a device that was imported, or was there. */
export type NoteReason =
  | 'token_missing'
  | 'token_malformed'
  | 'token_twice'
  | 'token_taken'
  | 'token_added'
  | 'token_differs'
  | 'threshold_invalid'
  | 'last_status_broken'
  | 'time_in_future';

export const REASONS: Readonly<Record<SkipReason | NoteReason, string>> = {
  id_invalid: 'its id is not a UUID',
  id_twice: 'its id differs from that of another only in upper and lower case',
  alias_empty: 'it has no alias',
  alias_too_long: 'its alias is longer than 200 characters, which heartbeats may not be',
  alias_unprintable: 'its alias holds control characters',
  alias_twice: 'another device of the source has its alias, and was in use later',
  alias_taken: 'another device here has its alias',
  token_missing: 'it has no token id and must be enrolled again',
  token_malformed: 'its token id is not the hex sha256 of a token; it must be enrolled again',
  token_twice: 'another device of the source has its token; it must be enrolled again',
  token_taken: 'another device here has its token; it must be enrolled again',
  token_added: 'it was here without a token and got that of the source',
  token_differs: 'it is here with another token, which was left as it is',
  threshold_invalid: 'its monitoring threshold is not 1 to 1440 minutes; it has the default, 10',
  last_status_broken: 'its last_status is not JSON; what else is known was taken',
  time_in_future: 'it has a time that is still to come, which was not taken',
};

export interface Finding {
  kind: 'skipped' | 'note';
  reason: SkipReason | NoteReason;
  device_id: string | null;
  alias: string | null;
}

const MAX_EXAMPLES = 5;

/** What was found about single devices: counted, the first of each kind kept, all of it in a file. */
export class Findings {
  readonly counts = new Map<Finding['reason'], number>();
  readonly examples: Finding[] = [];
  readonly #file: WriteStream | undefined;

  private constructor(file: WriteStream | undefined) {
    this.#file = file;
  }

  /**
   * @param file where every finding is written, one JSON object a line
   * @throws CommandError when it can't be written
   */
  static async open(file: string | undefined): Promise<Findings> {
    if (file === undefined) return new Findings(undefined);
    const stream = createWriteStream(file);
    try {
      await once(stream, 'open');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`The report can't be written: ${reason}`, { cause: error });
    }
    return new Findings(stream);
  }

  /** Resolves when the file takes more. */
  async add(finding: Finding): Promise<void> {
    const count = (this.counts.get(finding.reason) ?? 0) + 1;
    this.counts.set(finding.reason, count);
    if (count <= MAX_EXAMPLES) this.examples.push(finding);
    if (this.#file === undefined || this.#file.write(`${JSON.stringify(finding)}\n`)) return;
    await once(this.#file, 'drain');
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    if (this.#file === undefined) return;
    this.#file.end();
    await finished(this.#file);
  }
}
