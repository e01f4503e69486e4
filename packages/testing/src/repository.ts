import path from 'node:path';

/** The repository's top folder. */
export const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** Where a Redis that had to be downloaded is kept, shared with `pnpm start`. */
export const TOOLS_DIR = path.join(REPOSITORY, '.nexmdm', 'tools');

export function appEntry(app: string): string {
  return path.join(REPOSITORY, 'apps', app, 'src', 'main.ts');
}
