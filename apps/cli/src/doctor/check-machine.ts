import { stat, statfs } from 'node:fs/promises';
import { findingsOf, runCheck, type Finding } from './finding.ts';

const AREA = 'machine';
const OLDEST_NODE = 24;
const GIB = 2 ** 30;
const WARN_FREE_BYTES = 5 * GIB;
const FAIL_FREE_BYTES = GIB / 2;
const { ok, warn, fail } = findingsOf(AREA);

export function checkNode(version: string): Finding {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return ok('node', `Node.js ${version}`);
  return fail(
    'node',
    `Node.js ${version} is older than ${OLDEST_NODE}`,
    'start commands with "npx --yes pnpm nexmdm", which brings its own',
  );
}

/** The disk of the local stack's data; nothing when there is no local stack. */
export async function checkDisk(dataDir: string): Promise<Finding[]> {
  return runCheck(AREA, 'disk', `make ${dataDir} readable`, async () => {
    const exists = await stat(dataDir).then(
      () => true,
      () => false,
    );
    if (!exists) return [];
    const { bavail, bsize, blocks } = await statfs(dataDir);
    return [judgeDisk(dataDir, bavail * bsize, blocks * bsize)];
  });
}

function judgeDisk(dataDir: string, freeBytes: number, totalBytes: number): Finding {
  const detail = `${inGib(freeBytes)} of ${inGib(totalBytes)} free for ${dataDir}`;
  const mend = 'free space on that disk, or move the data with NEXMDM_DATA_DIR';
  if (freeBytes < FAIL_FREE_BYTES) return fail('disk', detail, mend);
  return freeBytes < WARN_FREE_BYTES ? warn('disk', detail, mend) : ok('disk', detail);
}

function inGib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
