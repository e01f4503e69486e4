import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from './start-error.ts';

/**
 * Makes a folder and those above it. Node's own recursive mkdir never returns where a file system
 * says that a folder's parent is missing although it is there, as `/proc` does.
 */
export async function makeFolder(folder: string, mode?: number): Promise<void> {
  try {
    await mkdir(folder, mode);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    await makeFolder(parent);
    await mkdir(folder, mode);
  }
}
