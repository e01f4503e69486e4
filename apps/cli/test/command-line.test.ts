import { describe, expect, test } from '@jest/globals';
import packageJson from '../package.json' with { type: 'json' };
import { nexmdm } from './cli-process.ts';

const NO_DEVICE = '6f1c2f0e-5d0b-4c55-9f0e-3a3f1e1f9a10';
const COMMANDS = [
  ['doctor'],
  ['simulate'],
  ['devices'],
  ['devices', 'register'],
  ['devices', 'list'],
  ['devices', 'show'],
  ['devices', 'rename'],
  ['devices', 'set'],
  ['devices', 'rotate-token'],
  ['devices', 'revoke'],
  ['devices', 'delete'],
  ['devices', 'restore'],
  ['dead'],
  ['dead', 'list'],
  ['dead', 'replay'],
  ['flags'],
  ['flags', 'get'],
  ['flags', 'set'],
  ['import'],
  ['backfill'],
  ['migrate'],
];

describe('the command line', () => {
  test.each([[[]], ...COMMANDS.map((command) => [command])])(
    '%j has help with an example',
    async (command) => {
      const { code, stdout } = await nexmdm([...command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`\nExample:\n  $ npx --yes pnpm nexmdm ${command.join(' ')}`);
    },
  );

  test.each([
    [['simulate', '--bogus'], "unknown option '--bogus'"],
    [['simulate', '--devices', '0'], 'must be a whole number from 1'],
    [['simulate', '--rate', '5', '--interval', '3'], 'cannot be used with'],
    [['devices', 'list', '--status', 'gone'], 'Allowed choices are online, offline, never'],
    [['devices', 'list', '--deleted', '--status', 'online'], 'cannot be used with'],
    [['devices', 'register', '--file', 'a.csv', '--hardware-id', 'x'], 'cannot be used with'],
    [['devices', 'delete', 'Kiosk 7'], 'It must be the id of a device'],
    [['devices', 'rotate-token', NO_DEVICE, '--grace', '31d'], 'at most 30d'],
    [['devices', 'set', NO_DEVICE, '--threshold-min', '0'], 'must be a whole number from 1'],
    [['devices', 'set', NO_DEVICE, '--monitor', 'maybe'], 'Allowed choices are on, off'],
    [['flags', 'set', 'perf-diff', 'maybe'], 'must be on, off or default'],
    [['devices', 'show', 'Kiosk 7'], 'It must be the id of a device'],
    [['nothing'], "unknown command 'nothing'"],
    [['nothing', '--help'], "unknown command 'nothing'"],
    [['devices', 'nothing', '-h'], "unknown command 'nothing'"],
    [['help', 'nothing'], "unknown command 'nothing'"],
  ])('%j is wrong, and said so', async (args, message) => {
    const { code, stdout, stderr } = await nexmdm(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('help is also a command', async () => {
    const { code, stdout } = await nexmdm(['help', 'devices']);
    expect([code, stdout]).toEqual([0, (await nexmdm(['devices', '--help'])).stdout]);
    expect(await nexmdm(['help'])).toMatchObject({ code: 0 });
  });

  test('--version is that of the package', async () => {
    expect(await nexmdm(['--version'])).toEqual({
      code: 0,
      stdout: `${packageJson.version}\n`,
      stderr: '',
    });
  });

  test('a bad setting is named and its value is not repeated', async () => {
    const { code, stderr } = await nexmdm(['devices', 'list'], { ADMIN_KEY: 'tiny-secret' });
    expect(code).toBe(78);
    expect(stderr).toContain('ADMIN_KEY: must be at least 16 characters');
    expect(stderr).not.toContain('tiny-secret');
  });

  test('a missing setting is named', async () => {
    const { code, stderr } = await nexmdm(['dead', 'list']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: REDIS_URL is not set.*\n$/);
  });

  test('a service that is away is one line, and the cause is shown to who asks for it', async () => {
    const env = { ADMIN_KEY: 'k'.repeat(16), QUERY_URL: 'http://127.0.0.1:2' };
    const { code, stderr } = await nexmdm(['devices', 'list'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: http:\/\/127\.0\.0\.1:2 doesn't answer: .*QUERY_URL.*\n$/);
    const verbose = await nexmdm(['devices', 'list'], { ...env, LOG_LEVEL: 'debug' });
    expect(verbose.stderr).toContain('    at ');
  });
});
