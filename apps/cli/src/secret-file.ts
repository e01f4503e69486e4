import { open, unlink } from 'node:fs/promises';
import { codeOf } from '@nexmdm/service';
import { CommandError } from './command-error.ts';
import { explainError } from './explain-error.ts';

/** A file for what is shown only once. It is made before that is asked for, so that it can't fail to be. */
export interface SecretFile {
  /** Resolves when the disk has it. */
  write(text: string): Promise<void>;
  /** Takes the file away again; nothing was written. */
  discard(): Promise<void>;
}

/**
 * Makes a new file that only its owner can read.
 *
 * @throws CommandError when there is one already, or none can be made
 */
export async function createSecretFile(path: string): Promise<SecretFile> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw codeOf(error) === 'EEXIST'
      ? new CommandError(`${path} is there already and is never overwritten; name another file.`)
      : new CommandError(`${path} can't be made: ${explainError(error)}`, { cause: error });
  });
  return {
    async write(text) {
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
    },
    async discard() {
      await file.close();
      await unlink(path);
    },
  };
}
