import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readStateFile, writeStateFile } from './state-file.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-state-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the state file', () => {
  test('gives back what was written, gaps too', async () => {
    const file = path.join(folder, 'round-trip.json');
    const device = { alias: 'sim-0001 店舗', deviceId: 'id', token: 'secret' };
    expect(await readStateFile(file)).toEqual([]);
    await writeStateFile(file, [undefined, device]);
    expect(await readStateFile(file)).toEqual([undefined, device]);
  });

  test('is for its owner only, also in place of one that was not, and leaves nothing beside it', async () => {
    const file = path.join(folder, 'mode.json');
    await writeFile(file, '{"version":1,"devices":[]}');
    await chmod(file, 0o644);
    await writeStateFile(file, []);
    const { mode } = await stat(file);
    expect(mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('is not replaced when it is something else', async () => {
    const file = path.join(folder, 'other.json');
    await writeFile(file, '{"version":2}');
    await expect(readStateFile(file)).rejects.toThrow('is not a state file');
    expect(await readFile(file, 'utf8')).toBe('{"version":2}');
  });
});
