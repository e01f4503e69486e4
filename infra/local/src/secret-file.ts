import { randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { errorCode } from './start-error.ts';

const SECRET_BYTES = 24;

/** The content of a secret's file, or undefined when there is none. */
export async function findSecret(file: string): Promise<string | undefined> {
  try {
    const secret = (await readFile(file, 'utf8')).trim();
    return secret === '' ? undefined : secret;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The secret kept in `file`, made at random the first time; only its owner can read the file. */
export async function readOrCreateSecret(file: string): Promise<string> {
  const existing = await findSecret(file);
  if (existing !== undefined) return existing;
  // A link appears with its whole content and never replaces another's: two processes agree.
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  const secret = await findSecret(file);
  if (secret !== undefined) return secret;
  await unlink(file);
  return readOrCreateSecret(file);
}
