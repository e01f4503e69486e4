import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach } from '@jest/globals';
import type { RunningProcess } from '../src/processes.ts';

/** Folders and processes of a test file; none outlives it, whatever its tests do. */
export function useTemporary() {
  const folders: string[] = [];
  const processes: Pick<RunningProcess, 'kill'>[] = [];
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((running) => running.kill()));
  });
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder(): string {
      const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'nexmdm-local-')));
      folders.push(folder);
      return folder;
    },
    track<Running extends Pick<RunningProcess, 'kill'>>(running: Running): Running {
      processes.push(running);
      return running;
    },
  };
}

const POLL_MS = 20;

/** Resolves to the first value that is neither undefined nor false. */
export async function waitFor<T>(
  find: () => T | undefined | false,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline)
      throw new Error(`not seen within ${timeoutMs} ms: ${find.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}
