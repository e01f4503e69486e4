import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { nexmdm } from './cli-process.ts';
import { startRegistryServices, type RegistryServices } from './registry-services.ts';

let services: RegistryServices;
let folder: string;

beforeAll(async () => {
  services = await startRegistryServices(6);
  folder = await mkdtemp(path.join(tmpdir(), 'nexmdm-cli-'));
});
afterAll(async () => {
  await services.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await services.database.query('TRUNCATE devices');
});

const inFolder = (name: string) => path.join(folder, name);
async function register(name: string, text: string, ...args: string[]) {
  await writeFile(inFolder(name), text);
  return nexmdm(['devices', 'register', '--file', inFolder(name), ...args], services.env);
}
const aliases = async () => {
  const rows = await services.database.query<{ alias: string }>(
    'SELECT alias FROM devices ORDER BY alias',
  );
  return rows.map(({ alias }) => alias);
};

describe('devices register --file', () => {
  test('writes the tokens of a CSV file to standard output, as CSV', async () => {
    const { code, stdout, stderr } = await register(
      'a.csv',
      'alias,hardware_id\n"Kiosk, 1",R1\nKiosk 2,\n',
    );
    expect(code).toBe(0);
    const [header, first, second, ...rest] = stdout.split('\n');
    expect(header).toBe('"alias","device_id","device_token"');
    expect(first).toMatch(/^"Kiosk, 1","[0-9a-f-]{36}","[\w-]{43}"$/);
    expect(second).toMatch(/^"Kiosk 2","[0-9a-f-]{36}","[\w-]{43}"$/);
    expect(rest).toEqual(['']);
    expect(stderr).toContain('Registered 2 devices');
    expect(await aliases()).toEqual(['Kiosk 2', 'Kiosk, 1']);
  });

  test('takes NDJSON, and writes JSON', async () => {
    const { code, stdout } = await register('a.ndjson', '{"alias":"A"}\n', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ registered: 1, devices: [{ line: 1, alias: 'A' }] });
  });

  test('--output makes a file that only its owner can read, and never overwrites one', async () => {
    const output = inFolder('tokens.csv');
    const args = ['--output', output];
    const { code, stdout } = await register('b.csv', 'alias\nB\n', ...args);
    expect(code).toBe(0);
    expect(stdout).toContain(`Their tokens are in ${output}`);
    const written = await readFile(output, 'utf8');
    expect(written).toMatch(
      /^"alias","device_id","device_token"\n"B","[0-9a-f-]{36}","[\w-]{43}"\n$/,
    );
    expect((await stat(output)).mode & 0o777).toBe(0o600);

    const again = await register('c.csv', 'alias\nC\n', ...args);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('never overwritten');
    expect(await readFile(output, 'utf8')).toBe(written);
    expect(await aliases()).toEqual(['B']);
  });

  test('reports each bad line and registers nothing', async () => {
    const output = inFolder('none.csv');
    const text = `alias\nA\n\nA\n${'x'.repeat(201)}\n`;
    const { code, stdout, stderr } = await register('d.csv', text, '--output', output);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Nothing was registered: 2 lines are not valid');
    expect(stderr).toContain('\n  - line 4: alias: is the same as in line 2\n');
    expect(stderr).toMatch(/\n {2}- line 5: alias: /);
    expect(await aliases()).toEqual([]);
    await expect(stat(output)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('--dry-run checks the file', async () => {
    const { code, stdout } = await register('e.csv', 'alias\nA\nB\n', '--dry-run');
    expect([code, stdout]).toEqual([0, 'All 2 devices can be registered; nothing was changed.\n']);
    const bad = await register('f.csv', 'name\nA\n', '--dry-run', '--json');
    expect(bad).toMatchObject({ code: 1, stdout: '' });
    expect(bad.stderr).toContain('"name"');
    expect(await aliases()).toEqual([]);
  });

  test.each([
    [['register'], 'Say which'],
    [['register', 'A', '--file', 'a.csv'], 'Say which'],
    [['register', 'A', '--output', 'b.csv'], '--output is for the tokens of --file'],
    [['register', '--file', '/nonexistent/a.csv'], "can't be read"],
    [['register', '--file', 'a.txt'], 'must end in .csv or .ndjson'],
  ])('%j is wrong, and said so', async (args, message) => {
    const { code, stdout, stderr } = await nexmdm(['devices', ...args], services.env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
  });

  test('a file for the tokens that can’t be made is said before anything is registered', async () => {
    const { code, stderr } = await register(
      'g.csv',
      'alias\nG\n',
      '--output',
      '/nonexistent/t.csv',
    );
    expect(code).toBe(1);
    expect(stderr).toContain("/nonexistent/t.csv can't be made");
    expect(await aliases()).toEqual([]);
  });
});
