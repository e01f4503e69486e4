import { link, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './make-folder.ts';
import { isRunning, readStat } from './process-table.ts';
import { errorCode, messageOf, StartError } from './start-error.ts';

const LOCK_FILE = 'launcher.pid';

export interface Lock {
  /** The launcher before us did not end in order; its servers may just be going away. */
  readonly previousDied: boolean;
  release(): Promise<void>;
}

/** The start time tells a launcher from a later process with the same pid. */
const identify = (pid: number): string => `${pid} ${readStat(pid)?.startTime ?? ''}`.trim();

/**
 * Makes the data folder when it is missing, and us its only launcher.
 *
 * @throws StartError when another launcher runs on it, or the folder can't be written
 */
export async function acquireLock(dataDir: string): Promise<Lock> {
  const file = path.join(dataDir, LOCK_FILE);
  const draft = `${file}.${process.pid}`;
  let previousDied = false;
  try {
    await makeFolder(dataDir);
    await writeFile(draft, identify(process.pid));
    for (;;) {
      try {
        // A link either makes the whole file or fails, so two launchers can't both succeed.
        await link(draft, file);
        break;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      const holder = (await readFile(file, 'utf8').catch(() => '')).trim();
      const pid = Number(holder.split(' ')[0] ?? '');
      if (pid > 0 && pid !== process.pid && isRunning(pid) && identify(pid) === holder) {
        throw new StartError(
          `NexMDM is already running with the data folder ${dataDir} (pid ${pid}). ` +
            'Stop it first, or name another folder with NEXMDM_DATA_DIR and other ports.',
        );
      }
      previousDied = true;
      await rm(file, { force: true });
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `The data folder ${dataDir} can't be used: ${messageOf(error)}. ` +
        'Make it writable, or name another one with NEXMDM_DATA_DIR.',
      { cause: error },
    );
  } finally {
    await unlink(draft).catch(() => {});
  }
  return { previousDied, release: () => rm(file, { force: true }) };
}
